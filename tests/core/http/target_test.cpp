#include "core/http/target.hpp"

#include <gtest/gtest.h>

#include "core/http/client.hpp"

using namespace colony::core::http;

TEST(Target, DecodesPathAndQuery) {
  const auto target = parse_target("/boot.ipxe?mac=52%3A54%3a00:00:00:01&uuid=&arch=efi+x64&flag");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->path, "/boot.ipxe");
  EXPECT_EQ(target->query,
            (TextMap{{"mac", "52:54:00:00:00:01"}, {"uuid", ""}, {"arch", "efi x64"}, {"flag", ""}}));
}

TEST(Target, TakesAbsoluteFormAndDropsItsAuthority) {
  EXPECT_EQ(parse_target("http://10.1.1.5:8080/a/b?c=d")->path, "/a/b");
  EXPECT_EQ(parse_target("http://10.1.1.5")->path, "/");
  EXPECT_EQ(parse_target("http://10.1.1.5?c=d")->query.at("c"), "d");
}

TEST(Target, RefusesWhatCouldMeanTwoThings) {
  const std::pair<std::string, TargetError> bad[] = {
      {"", TargetError::empty},
      {"*", TargetError::form},
      {"example.com:443", TargetError::form},
      {"http:///x", TargetError::form},
      {"/a%2fb", TargetError::forbidden},
      {"/a%5cb", TargetError::forbidden},
      {"/a\\b", TargetError::forbidden},
      {"/a%00", TargetError::forbidden},
      {"/a%0d%0aX: y", TargetError::forbidden},
      {"/a%2", TargetError::escape},
      {"/a%zz", TargetError::escape},
      {"/..", TargetError::dot_segment},
      {"/files/%2e%2e/etc/passwd", TargetError::dot_segment},
      {"/files/./x", TargetError::dot_segment},
      {"/x?a=1&a=2", TargetError::duplicate_key},
      {"/x?a=%", TargetError::escape},
      {"/x?a=%0a", TargetError::forbidden},
      {"/" + std::string(max_target_length, 'a'), TargetError::too_long},
  };
  for (const auto& [text, error] : bad) {
    const auto target = parse_target(text);
    ASSERT_FALSE(target) << text;
    EXPECT_EQ(target.error(), error) << text;
  }
}

TEST(Target, BoundsTheNumberOfParameters) {
  std::string text = "/x?";
  for (std::size_t i = 0; i <= max_query_pairs; ++i) text += "k" + std::to_string(i) + "&";
  EXPECT_EQ(parse_target(text).error(), TargetError::too_many);
}

TEST(Target, EncodesWhatItDecodes) {
  EXPECT_EQ(percent_encode("a b/c"), "a%20b%2Fc");
  const auto back = parse_target("/x?q=" + percent_encode("a b/c?d&e=f%"));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->query.at("q"), "a b/c?d&e=f%");
}

TEST(Url, TakesAddressesPortsAndTargets) {
  const auto url = parse_url("http://10.1.1.5:8080/artifacts/sha256/ab?x=1");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->endpoint.address.to_string(), "10.1.1.5");
  EXPECT_EQ(url->endpoint.port, 8080);
  EXPECT_EQ(url->target, "/artifacts/sha256/ab?x=1");
  EXPECT_EQ(parse_url("http://10.1.1.5")->target, "/");
  EXPECT_EQ(parse_url("http://10.1.1.5")->endpoint.port, 80);
  EXPECT_EQ(parse_url("http://10.1.1.5?a")->target, "/?a");
}

TEST(Url, NamesWhatIsWrong) {
  for (const auto* text :
       {"", "https://10.1.1.5/", "http://", "http://host/", "http://10.1.1.5:0/", "http://10.1.1.5:65536/",
        "http://10.1.1.5:/", "http://10.1.1.5/a b", "http://10.1.1.5/#x", "http://u@10.1.1.5/"}) {
    const auto url = parse_url(text);
    ASSERT_FALSE(url) << text;
    EXPECT_EQ(url.error().code, "http.url");
  }
}
