#include "auth/role_map.h"

#include <gtest/gtest.h>

namespace canvas::auth {
namespace {

constexpr Actions none{};
constexpr Actions view{.view = true};
constexpr Actions edit{.edit = true};
constexpr Actions both{.view = true, .edit = true};

RoleMap parsed(std::string_view text) {
  return RoleMap::parse(text).value();
}

TEST(RoleMap, ReadsTheRolesOfTheApp) {
  const RoleMap map = parsed(app_roles);
  EXPECT_EQ(map.of("owner"), both);
  EXPECT_EQ(map.of("admin"), both);
  EXPECT_EQ(map.of("editor"), both);
  EXPECT_EQ(map.of("viewer"), view);
}

TEST(RoleMap, GrantsNothingToUnknownRoles) {
  const RoleMap map = parsed(app_roles);
  for (const std::string_view role : {"", "Owner", "own", "owner ", "__proto__", "owner,viewer", "*"}) {
    EXPECT_EQ(map.of(role), none) << role;
  }
  EXPECT_EQ(RoleMap().of("owner"), none);
}

TEST(RoleMap, AddsWhatTheRolesOfAListGrant) {
  const RoleMap map = parsed("reader=view; writer=edit; nobody=");
  EXPECT_EQ(map.of_list("reader"), view);
  EXPECT_EQ(map.of_list("writer"), edit);
  EXPECT_EQ(map.of_list(" writer , reader"), both);
  EXPECT_EQ(map.of_list("nobody,stranger,,"), none);
  EXPECT_EQ(map.of_list("stranger,reader"), view);
  EXPECT_EQ(map.of_list(""), none);
}

TEST(RoleMap, TakesActionsThatWeDoNotAskFor) {
  EXPECT_EQ(parsed("a=share,delete").of("a"), none);
  EXPECT_EQ(parsed("a=share, view").of("a"), view);
}

TEST(RoleMap, MayBeEmptyAndEndInASemicolon) {
  EXPECT_EQ(parsed("").of(""), none);
  EXPECT_EQ(parsed(" a = view ; ").of("a"), view);
}

TEST(RoleMap, RefusesWhatMakesNoSense) {
  for (const std::string_view text : {"a", "a=view;b", "=view", " =view", "a=view;a=edit", "a=view; a ="}) {
    const auto map = RoleMap::parse(text);
    ASSERT_FALSE(map) << text;
    EXPECT_EQ(map.error().code, Errc::invalid_use);
  }
}

TEST(Actions, AreWordsPartedByCommasOrBlanks) {
  EXPECT_EQ(parse_actions("view"), view);
  EXPECT_EQ(parse_actions(" edit,\tview\n"), both);
  EXPECT_EQ(parse_actions("*"), both);
  EXPECT_EQ(parse_actions("View EDIT viewer * x"), both);
  EXPECT_EQ(parse_actions("View EDIT viewer **"), none);
  EXPECT_EQ(parse_actions(""), none);
  EXPECT_EQ(parse_actions(",, ,"), none);
}

TEST(PermissionJson, GrantsWhatIsOfDiagrams) {
  EXPECT_EQ(parse_permission_json(R"({"diagram":["view","edit"]})"), both);
  EXPECT_EQ(parse_permission_json(R"({"member":["edit"],"diagram":["share","view"]})"), view);
  EXPECT_EQ(parse_permission_json(R"({"member":["view"]})"), none);
  EXPECT_EQ(parse_permission_json(R"({"diagram":[]})"), none);
  EXPECT_EQ(parse_permission_json(R"({"diagram":["*"]})"), none);
}

TEST(PermissionJson, GrantsNothingWhenMalformed) {
  for (const std::string_view json :
       {"", "null", "[]", "\"diagram\"", R"({"diagram":"view"})", R"({"diagram":{"view":true}})",
        R"({"diagram":["view",1]})", R"({"diagram":["view")", R"({"diagram":["view"]}x)",
        R"({'diagram':['view']})", "{\"diagram\":[\"view\",\"\xff\"]}"}) {
    EXPECT_EQ(parse_permission_json(json), none) << json;
  }
}

TEST(PermissionJson, MayNotBeDeepOrLong) {
  const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
  EXPECT_EQ(parse_permission_json(deep), none);
  EXPECT_EQ(parse_permission_json(R"({"a":)" + std::string(20, '[') + std::string(20, ']') +
                                  R"(,"diagram":["view"]})"),
            none);
  EXPECT_EQ(parse_permission_json(R"({"diagram":["view"]})" + std::string(100'000, ' ')), none);
}

}  // namespace
}  // namespace canvas::auth
