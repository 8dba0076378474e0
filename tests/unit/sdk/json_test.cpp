// Structs from JSON and back, with the place of every error, in FastAPI's words.
#include <gtest/gtest.h>
#include <tenfold/typed.hpp>

namespace {

struct Item {
  std::string name;
  int count = 0;
  std::optional<double> weight;
};
BOOST_DESCRIBE_STRUCT(Item, (), (name, count, weight))

BOOST_DEFINE_ENUM_CLASS(Colour, red, green)

struct Order {
  std::vector<Item> items;
  std::map<std::string, double> prices;
  bool is_urgent = false;
  Colour colour = Colour::red;
};
BOOST_DESCRIBE_STRUCT(Order, (), (items, prices, is_urgent, colour))

struct Tuning {
  static constexpr bool kHasDefaults = true;
  int rounds = 7;
  std::vector<int> seeds = {1, 2};
};
BOOST_DESCRIBE_STRUCT(Tuning, (), (rounds, seeds))

template <class T>
T read(std::string_view text, std::vector<tenfold::json::FieldError>& errors) {
  T out{};
  const auto value = tenfold::json::parse(text, errors);
  if (!value) return out;
  tenfold::json::Reader reader{"body"};
  reader.read(*value, out);
  errors = reader.errors();
  return out;
}

template <class T>
std::string errors_of(std::string_view text) {
  std::vector<tenfold::json::FieldError> errors;
  read<T>(text, errors);
  std::string all;
  for (const auto& error : errors) all += error.type + " " + boost::json::serialize(error.loc) + "\n";
  return all;
}

constexpr std::string_view kOrder =
    R"({"items":[{"name":"a","count":2,"weight":null},{"name":"b","count":3,"weight":0.5}],"prices":{"a":1.5},"is_urgent":true,"colour":"green"})";

TEST(Json, ReadsWhatItWrites) {
  std::vector<tenfold::json::FieldError> errors;
  const Order order = read<Order>(kOrder, errors);
  ASSERT_TRUE(errors.empty());
  EXPECT_EQ(order.items[1].name, "b");
  EXPECT_EQ(order.items[1].weight, 0.5);
  EXPECT_EQ(order.items[0].weight, std::nullopt);
  EXPECT_EQ(order.prices.at("a"), 1.5);
  EXPECT_EQ(order.colour, Colour::green);
  EXPECT_EQ(tenfold::json::to_text(tenfold::json::to_value(order)), kOrder);
}

TEST(Json, GivesThePlaceOfEachError) {
  EXPECT_EQ(errors_of<Order>(
                R"({"items":[{"name":1,"count":2.5},{"count":"x"}],"prices":[],"is_urgent":"yes","colour":"blue"})"),
            R"(string_type ["body","items",0,"name"]
int_from_float ["body","items",0,"count"]
missing ["body","items",1,"name"]
int_type ["body","items",1,"count"]
dict_type ["body","prices"]
bool_type ["body","is_urgent"]
enum ["body","colour"]
)");
  EXPECT_EQ(errors_of<Order>("[]"), "model_attributes_type [\"body\"]\n");
  EXPECT_EQ(errors_of<Order>("{\"items\": "), "json_invalid [\"body\",10]\n");
  EXPECT_EQ(errors_of<Order>("{} x"), "json_invalid [\"body\",3]\n");
  EXPECT_EQ(errors_of<Item>(R"({"name":"a","count":99999999999})"), "int_parsing_size [\"body\",\"count\"]\n");
}

TEST(Json, AStructMayHaveDefaults) {
  std::vector<tenfold::json::FieldError> errors;
  const Tuning tuning = read<Tuning>(R"({"seeds":[5]})", errors);
  EXPECT_TRUE(errors.empty());
  EXPECT_EQ(tuning.rounds, 7);
  EXPECT_EQ(tuning.seeds, std::vector<int>{5});
}

TEST(Json, WritesNumbersAsPeopleDo) {
  using tenfold::json::to_text;
  using tenfold::json::to_value;
  EXPECT_EQ(to_text(to_value(std::vector<double>{70, 0.1, -2.5, 1e300})), "[70.0,0.1,-2.5,1e+300]");
  EXPECT_EQ(to_text(to_value(std::numeric_limits<double>::infinity())), "null");
  EXPECT_EQ(to_text(to_value(std::string{"a\"b"})), R"("a\"b")");
}

}  // namespace
