// What a run sends: URLs, methods, headers, bodies and their templates.
#include "load/request_set.hpp"

#include <regex>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "load/bodies.hpp"
#include "load/template.hpp"
#include "unit/sim/scratch_file.hpp"

namespace tenfold::load {
namespace {

using testing::HasSubstr;

struct Url {
  std::string text;
  std::string host;
  int port;
  std::string host_field;
  std::string path;
};

TEST(Target, IsReadFromAUrl) {
  const std::vector<Url> urls{
      {"http://127.0.0.1:8080/solve", "127.0.0.1", 8080, "127.0.0.1:8080", "/solve"},
      {"http://host", "host", 80, "host", "/"},
      {"HTTP://host/", "host", 80, "host", "/"},
      {"http://host:65535/", "host", 65535, "host:65535", "/"},
      {"http://host:/a", "host", 80, "host:", "/a"},
      {"http://host/a/b?x=1&y=%20", "host", 80, "host", "/a/b?x=1&y=%20"},
      {"http://host?x=1", "host", 80, "host", "/?x=1"},
      {"http://host/a?", "host", 80, "host", "/a?"},
      {"http://host/a#part", "host", 80, "host", "/a"},
      {"http://host/a?x=1#part?y#z", "", 0, "", ""},
      {"http://host/a?x=1#part?y", "host", 80, "host", "/a?x=1"},
      {"http://host#part", "host", 80, "host", "/"},
      {"http://[::1]:81/a", "::1", 81, "[::1]:81", "/a"},
      {"http://[::1]", "::1", 80, "[::1]", "/"},
  };
  for (const Url& url : urls) {
    const auto target = parse_target(url.text);
    ASSERT_EQ(target.has_value(), !url.host.empty()) << url.text;
    if (!target) continue;
    EXPECT_EQ(target->host, url.host) << url.text;
    EXPECT_EQ(target->port, url.port) << url.text;
    EXPECT_EQ(target->host_field, url.host_field) << url.text;
    EXPECT_EQ(target->path, url.path) << url.text;
  }
}

TEST(Target, SaysWhatIsWrongWithAUrl) {
  const auto error = [](const char* url) {
    const auto target = parse_target(url);
    return target ? "none" : target.error();
  };
  EXPECT_THAT(error("http://host:65536/"), HasSubstr("has port 65536, and ports are 1 to 65535"));
  EXPECT_THAT(error("http://host:99999999999999999999/"), HasSubstr("and ports are"));
  EXPECT_THAT(error("http://host:0/"), HasSubstr("has port 0,"));
  EXPECT_THAT(error("http://host:8x/"), HasSubstr("is no URL"));
  EXPECT_THAT(error("http:///solve"), HasSubstr("names no host"));
  EXPECT_THAT(error("http://:80/"), HasSubstr("names no host"));
  EXPECT_THAT(error("http:solve"), HasSubstr("is no URL"));
  EXPECT_THAT(error("host:80/solve"), HasSubstr("is no URL"));
  EXPECT_THAT(error("/solve"), HasSubstr("is no URL"));
  EXPECT_THAT(error(""), HasSubstr("is no URL"));
  EXPECT_THAT(error("https://host/"), HasSubstr("wants TLS"));
  EXPECT_THAT(error("ftp://host/"), HasSubstr("is no URL"));
  EXPECT_THAT(error("http://user:secret@host/"), HasSubstr("--header 'Authorization"));
  EXPECT_THAT(error("http://host/with space"), HasSubstr("is no URL"));
  EXPECT_THAT(error("http://host/a\r\nX: y"), HasSubstr("is no URL"));
  EXPECT_THAT(error("http://[::1/"), HasSubstr("is no URL"));
}

std::string filled(std::string_view text, std::uint64_t index = 7) {
  sim::Random random{1};
  std::string out;
  const auto parsed = Template::parse(text);
  if (!parsed) return parsed.error();
  parsed->fill(index, random, out);
  return out;
}

TEST(Template, FillsItsPlaces) {
  EXPECT_EQ(filled(R"({"n": {{index}}, "m": {"k": 1}})"), R"({"n": 7, "m": {"k": 1}})");
  EXPECT_EQ(filled("{{ random 5 5 }}{{random -3 -3}}"), "5-3");
  EXPECT_EQ(filled("no place"), "no place");
  EXPECT_TRUE(Template::parse("no }} place")->is_plain());
  const std::regex uuid{"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"};
  EXPECT_TRUE(std::regex_match(filled("{{uuid}}"), uuid)) << filled("{{uuid}}");
}

TEST(Template, DrawsEachNumberOfARange) {
  const auto die = Template::parse("{{random 1 6}}");
  sim::Random random{1};
  std::set<std::string> seen;
  for (std::uint64_t i = 0; i < 200; ++i) {
    std::string out;
    die->fill(i, random, out);
    seen.insert(out);
  }
  EXPECT_THAT(seen, testing::ElementsAre("1", "2", "3", "4", "5", "6"));
  EXPECT_FALSE(filled("{{random -9223372036854775808 9223372036854775807}}").empty());
}

TEST(Template, SaysWhatIsNotFilledIn) {
  EXPECT_THAT(filled("{{indx}}"), HasSubstr("{{indx}} is not filled in: write {{index}}"));
  EXPECT_THAT(filled("{{random 6 1}}"), HasSubstr("is not filled in"));
  EXPECT_THAT(filled("{{random 1}}"), HasSubstr("is not filled in"));
  EXPECT_THAT(filled("{{random 1 2 3}}"), HasSubstr("is not filled in"));
  EXPECT_THAT(filled("{{index"), HasSubstr("has no }}"));
}

TEST(Bodies, AreReadByTheNameOfTheirFile) {
  const sim::ScratchFile lines{"{\"a\": 1}\r\n\n  \n{\"a\": 2}", ".jsonl"};
  const sim::ScratchFile model{"NAME\n", ".mps"};
  const auto bodies = read_bodies({"@" + lines.path(), "@" + model.path(), "[1]", "text"});
  ASSERT_TRUE(bodies) << bodies.error();
  ASSERT_EQ(bodies->size(), 5);
  EXPECT_EQ((*bodies)[0].text, "{\"a\": 1}");
  EXPECT_EQ((*bodies)[1].text, "{\"a\": 2}");
  EXPECT_EQ((*bodies)[1].content_type, "application/json");
  EXPECT_EQ((*bodies)[2].text, "NAME\n");
  EXPECT_EQ((*bodies)[2].content_type, "application/x-mps");
  EXPECT_EQ((*bodies)[3].content_type, "application/json");
  EXPECT_EQ((*bodies)[4].content_type, "");
  EXPECT_EQ(content_type_of("a.unknown"), "application/octet-stream");
}

TEST(Bodies, ThatAreNotThereAreToldWithTheirFile) {
  const sim::ScratchFile empty{"\n \n", ".jsonl"};
  EXPECT_EQ(read_bodies({"@" + empty.path()}).error(),
            empty.path() + " holds no body: it has no line with anything in it");
  EXPECT_EQ(read_bodies({"@/nowhere/x.json"}).error(), "/nowhere/x.json cannot be read: No such file or directory");
}

// Request `index` as it is sent.
std::string request(const RequestSet& set, std::uint64_t index) {
  sim::Random random{1};
  std::string fields;
  std::string text;
  const RequestSet::Rest rest = set.rest(index, random, fields, text);
  return set.line(index).head.substr(0, set.line(index).head.find("Host")) + std::string{rest.fields} +
         std::string{rest.body};
}

TEST(RequestSet, SendsEachUrlWithEachBody) {
  const auto set = RequestSet::make({.urls = {"http://a/x", "PUT http://b:81/y"},
                                     .bodies = {{.text = "one", .content_type = "text/plain"}, {.text = "{{index}}"}}});
  ASSERT_TRUE(set) << set.error();
  EXPECT_EQ(request(*set, 0), "POST /x HTTP/1.1\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\none");
  EXPECT_EQ(request(*set, 1), "PUT /y HTTP/1.1\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\none");
  EXPECT_EQ(request(*set, 2), "POST /x HTTP/1.1\r\nContent-Length: 1\r\n\r\n2");
  EXPECT_EQ(request(*set, 103), "PUT /y HTTP/1.1\r\nContent-Length: 3\r\n\r\n103");
  EXPECT_EQ(request(*set, 4), request(*set, 0));
  EXPECT_EQ(set->servers().size(), 2);
  EXPECT_EQ(set->line(1).server, 1);
}

TEST(RequestSet, GetCarriesNoBodyAndAHeaderOfItsOwnWins) {
  const auto set = RequestSet::make({.urls = {"GET http://a/x", "http://a/y"},
                                     .headers = {{"content-type", "a/b"}, {"Host", "other"}},
                                     .bodies = {{.text = "{{", .content_type = "text/plain"}},
                                     .is_raw = true});
  ASSERT_TRUE(set) << set.error();
  EXPECT_EQ(set->line(0).head, "GET /x HTTP/1.1\r\nHost: other\r\n");
  EXPECT_EQ(set->line(1).head, "POST /y HTTP/1.1\r\ncontent-type: a/b\r\nHost: other\r\n");
  sim::Random random{1};
  std::string fields;
  std::string text;
  EXPECT_EQ(set->rest(0, random, fields, text).fields, "\r\n");
  EXPECT_EQ(set->rest(1, random, fields, text).fields, "Content-Length: 2\r\n\r\n");
  EXPECT_EQ(set->rest(1, random, fields, text).body, "{{");
}

TEST(RequestSet, SaysWhatCannotBeSent) {
  const auto error = [](RequestSet::Options options) {
    options.urls.emplace_back("http://a/");
    const auto set = RequestSet::make(options);
    return set ? "none" : set.error();
  };
  EXPECT_EQ(error({}), "none");
  EXPECT_EQ(error({.headers = {{"a b", "1"}}}), "'a b' is no header's name");
  EXPECT_THAT(error({.headers = {{"a", "1\r\nb: 2"}}}), HasSubstr("no header may have"));
  EXPECT_THAT(error({.headers = {{"Content-Length", "1"}}}), HasSubstr("follows from the body"));
  EXPECT_EQ(error({.method = "P T"}), "'P T' is no method");
  EXPECT_THAT(error({.urls = {"http://a:70000/"}}), HasSubstr("ports are 1 to 65535"));
  EXPECT_THAT(error({.bodies = {{.text = "{{x}}"}}}), HasSubstr("--raw"));
}

}  // namespace
}  // namespace tenfold::load
