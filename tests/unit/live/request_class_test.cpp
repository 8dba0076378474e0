#include "live/request_class.hpp"

#include <gtest/gtest.h>

namespace tenfold::live {
namespace {

using core::RequestClass;

TEST(RequestClasses, AreNumberedFromOneAsTheyCome) {
  RequestClasses classes;
  const auto first = classes.find("/solve?seed=1", std::nullopt);
  EXPECT_EQ(first.klass, RequestClass{1});
  EXPECT_TRUE(first.is_new);
  EXPECT_EQ(first.name, "/solve");
  EXPECT_EQ(classes.find("/other", std::nullopt).klass, RequestClass{2});
  const auto again = classes.find("/solve?seed=2", std::nullopt);
  EXPECT_EQ(again.klass, RequestClass{1});
  EXPECT_FALSE(again.is_new);
  EXPECT_EQ(again.name, "/solve");
}

TEST(RequestClasses, TheHeaderFieldsValueMakesClassesOfAPath) {
  RequestClasses classes;
  EXPECT_EQ(classes.find("/solve", "small").name, "/solve small");
  EXPECT_EQ(classes.find("/solve", "large").klass, RequestClass{2});
  EXPECT_EQ(classes.find("/solve?x", "small").klass, RequestClass{1});
  EXPECT_EQ(classes.find("/solve", std::nullopt).klass, RequestClass{3});
  EXPECT_EQ(classes.find("/solve", "").klass, RequestClass{3});
}

TEST(RequestClasses, ALongNameIsOfNoClass) {
  RequestClasses classes;
  const std::string path = "/" + std::string(kMaxClassName - 1, 'x');
  EXPECT_EQ(classes.find(path, std::nullopt).klass, RequestClass{1});
  EXPECT_EQ(classes.find(path + "x", std::nullopt).klass, RequestClass{0});
  EXPECT_EQ(classes.find("/solve", std::string(kMaxClassName - 7, 'x')).klass, RequestClass{2});
  const auto longer = classes.find("/solve", std::string(kMaxClassName - 6, 'x'));
  EXPECT_EQ(longer.klass, RequestClass{0});
  EXPECT_FALSE(longer.is_new);
  EXPECT_EQ(longer.name, "");
}

TEST(RequestClasses, ManyPathsDoNotFillTheMemory) {
  RequestClasses classes;
  for (std::uint32_t i = 1; i < core::kMaxClasses; ++i) {
    EXPECT_EQ(classes.find("/" + std::to_string(i), std::nullopt).klass, RequestClass{i});
  }
  EXPECT_EQ(classes.find("/one-more", std::nullopt).klass, RequestClass{0});
  EXPECT_EQ(classes.size(), core::kMaxClasses - 1);
  EXPECT_EQ(classes.find("/1", std::nullopt).klass, RequestClass{1});
}

}  // namespace
}  // namespace tenfold::live
