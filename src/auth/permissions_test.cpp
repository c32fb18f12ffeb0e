// Who may do what with a diagram: the rules one by one, and all together on tables of a thousand against a
// model of its own.
#include "auth/permissions.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "auth/signature.h"
#include "fixtures/auth_database.h"

namespace canvas::auth {
namespace {

using Visibility = DiagramFacts::Visibility;

constexpr Actions no_actions{};
constexpr Actions view{true, false};
constexpr Actions both{true, true};

constexpr const char* organization_map = "owner=*;admin=view,edit;member=view;editor=edit";

Actions allowed(DiagramFacts facts) {
  facts.exists = true;
  return actions_from(facts, RoleMap::parse(organization_map).value());
}

TEST(Permissions, WhatIsNotThereAllowsNothing) {
  DiagramFacts facts;
  facts.is_owner = true;
  EXPECT_EQ(actions_from(facts, RoleMap{}), no_actions);
  EXPECT_EQ(allowed({}), no_actions);
}

TEST(Permissions, OwnersAndMembersAreWhatTheirRoleSays) {
  DiagramFacts owned;
  owned.is_owner = true;
  EXPECT_EQ(allowed(owned), both);
  for (const auto& [role, actions] : std::map<std::string, Actions>{
           {"viewer", view}, {"editor", both}, {"owner", both}, {"Owner", no_actions}, {"", no_actions}}) {
    DiagramFacts facts;
    facts.member_role = role;
    EXPECT_EQ(allowed(facts), actions) << role;
  }
}

TEST(Permissions, ALinkMakesNoOwner) {
  for (const auto& [role, actions] : std::map<std::string, Actions>{
           {"viewer", view}, {"editor", both}, {"owner", no_actions}, {"admin", no_actions}}) {
    DiagramFacts facts;
    facts.link_role = role;
    EXPECT_EQ(allowed(facts), actions) << role;
  }
}

TEST(Permissions, AnOrganizationSeesItsDiagramsUnlessTheyAreRestricted) {
  DiagramFacts facts;
  facts.is_in_organization = true;
  facts.organization_roles = "nobody,admin";
  EXPECT_EQ(allowed(facts), no_actions);
  facts.visibility = Visibility::organization;
  EXPECT_EQ(allowed(facts), both);
  facts.organization_roles = "nobody";
  EXPECT_EQ(allowed(facts), view);
  facts.organization_permissions = {"broken", R"({"diagram":["edit"]})"};
  EXPECT_EQ(allowed(facts), both);
  facts.is_in_organization = false;
  EXPECT_EQ(allowed(facts), no_actions);
  facts.visibility = Visibility::everybody;
  EXPECT_EQ(allowed(facts), view);
}

// The rules once more, from the rows that were written, in another way: as a list of grants.
class Model {
public:
  struct Grant {
    std::string role;
    bool holds;
  };
  struct Diagram {
    std::string owner;
    std::string organization;
    std::string visibility;
    std::map<std::string, Grant> members;
    std::map<std::string, Grant> links;  // by token
  };
  std::map<std::string, std::optional<std::string>> users;  // and their role
  std::map<std::string, Diagram> diagrams;
  std::map<std::pair<std::string, std::string>, std::string> seats;  // organization, user: role

  bool can_view(const std::string& user, const std::string& document, const std::string& token) const {
    return has(user, document, token, false) && words_of_user(user).contains("view");
  }
  bool can_edit(const std::string& user, const std::string& document, const std::string& token) const {
    return has(user, document, token, true) && words_of_user(user).contains("edit");
  }

private:
  std::set<std::string> words_of_user(const std::string& user) const {
    const std::string role = users.at(user).value_or("user");
    if (role == "admin" || role == "user" || role == "guest,user") return {"view", "edit"};
    return role == "guest" ? std::set<std::string>{"view"} : std::set<std::string>{};
  }
  bool has(const std::string& user, const std::string& document, const std::string& token, bool edit) const {
    const auto found = diagrams.find(document);
    if (found == diagrams.end()) return false;
    const Diagram& diagram = found->second;
    if (diagram.owner == user) return true;
    if (const auto member = diagram.members.find(user);
        member != diagram.members.end() && member->second.holds) {
      if (!edit || member->second.role != "viewer") return true;
    }
    if (const auto link = diagram.links.find(token); link != diagram.links.end() && link->second.holds) {
      if (!edit || link->second.role != "viewer") return true;
    }
    if (diagram.visibility == "public" && !edit) return true;
    const auto seat = seats.find({diagram.organization, user});
    if (diagram.visibility == "private" || seat == seats.end()) return false;
    // `painter` is made at run time, and may edit in the organization o1 alone.
    if (!edit || seat->second == "admin" || seat->second == "member, editor") return true;
    return seat->second == "painter" && diagram.organization == "o1";
  }
};

class Dice {
public:
  explicit Dice(unsigned seed) : random_(seed) {}
  int below(int limit) { return std::uniform_int_distribution<int>(0, limit - 1)(random_); }
  template <class T>
  T one_of(std::initializer_list<T> choices) {
    return choices.begin()[below(static_cast<int>(choices.size()))];
  }
  std::string name(const char* letter, int limit) { return letter + std::to_string(below(limit)); }

private:
  std::mt19937 random_;
};

std::string or_null(const std::string& text) {
  return text.empty() ? "NULL" : "'" + text + "'";
}

// Fills the tables and the model with the same.
std::string populate(Model& model, Dice& dice) {
  std::string sql =
      "BEGIN; INSERT INTO \"organizationRole\" VALUES ('r1', 'o1', 'painter', "
      "'{\"diagram\":[\"view\",\"edit\"]}'), ('r2', 'o2', 'painter', 'broken');";
  for (int i = 0; i < 1000; ++i) {
    const std::string user = "u" + std::to_string(i);
    const auto role = dice.one_of<const char*>({"", "admin", "user", "guest", "guest,user", "stranger"});
    model.users[user] = *role == 0 ? std::nullopt : std::optional<std::string>(role);
    sql += "INSERT INTO \"user\" (id, role) VALUES ('" + user + "', " + or_null(role) + ");";
    const std::string organization = dice.name("o", 5);
    const auto seat = dice.one_of<const char*>({"admin", "member", "member, editor", "painter", "unknown"});
    model.seats[{organization, user}] = seat;
    sql += "INSERT INTO member VALUES ('m" + user + "', '" + organization + "', '" + user + "', '" + seat +
           "');";
  }
  for (int i = 0; i < 1000; ++i) {
    const std::string id = "d" + std::to_string(i);
    Model::Diagram& diagram = model.diagrams[id];
    diagram.owner = dice.below(10) == 0 ? "" : dice.name("u", 1000);
    diagram.organization = dice.below(3) == 0 ? "" : dice.name("o", 5);
    diagram.visibility = dice.one_of<const char*>({"private", "org", "public"});
    sql += "INSERT INTO diagram (id, owner_id, organization_id, visibility) VALUES ('" + id + "', " +
           or_null(diagram.owner) + ", " + or_null(diagram.organization) + ", '" + diagram.visibility + "');";
  }
  for (int i = 0; i < 1000; ++i) {
    const std::string id = dice.name("d", 1000);
    const auto expires = dice.one_of<const char*>({"", "2099-01-01T00:00:00Z", "2020-01-01T00:00:00Z"});
    const bool holds = std::string_view(expires) != "2020-01-01T00:00:00Z";
    const std::string user = dice.name("u", 1000);
    const Model::Grant member{dice.one_of<const char*>({"viewer", "editor", "owner"}), holds};
    if (model.diagrams[id].members.emplace(user, member).second) {
      sql += "INSERT INTO diagram_member (diagram_id, user_id, role, expires_at) VALUES ('" + id + "', '" +
             user + "', '" + member.role + "', " + or_null(expires) + ");";
    }
    const std::string token = "t" + std::to_string(i);
    const Model::Grant link{dice.one_of<const char*>({"viewer", "editor"}), holds};
    model.diagrams[id].links.emplace(token, link);
    sql += "INSERT INTO diagram_share_link (diagram_id, token_hash, role, expires_at) VALUES ('" + id +
           "', '" + sha256_base64url(token) + "', '" + link.role + "', " + or_null(expires) + ");";
  }
  return sql + "COMMIT;";
}

struct Asked {
  std::string user;
  std::string document;
  std::string token;
};

// Everybody whom a diagram knows, with its links and others', and strangers.
std::vector<Asked> questions_about(const Model& model, Dice& dice) {
  std::vector<Asked> asked;
  for (const auto& [id, diagram] : model.diagrams) {
    if (!diagram.owner.empty()) asked.push_back({diagram.owner, id, ""});
    for (const auto& [user, _] : diagram.members) asked.push_back({user, id, ""});
    for (const auto& [token, _] : diagram.links) asked.push_back({dice.name("u", 1000), id, token});
    for (int i = 0; i < 5; ++i) asked.push_back({dice.name("u", 1000), id, dice.name("t", 1200)});
  }
  asked.push_back({"u1", "nowhere", "t1"});
  asked.push_back({"u1", std::string("d1\0", 3), std::string("\xff", 1)});
  return asked;
}

class DiagramPermissionsTest : public ::testing::TestWithParam<db::Database::Kind> {};

TEST_P(DiagramPermissionsTest, AThousandOfEachAreJudgedAsTheModelJudgesThem) {
  Model model;
  Dice dice(20261124);
  testing::AuthDatabase database(GetParam());
  database.execute(testing::camel_case_tables);
  ASSERT_TRUE(migrate_access(database.options(), {.with_diagrams = true}));
  database.execute(populate(model, dice));
  auto options = database.options();
  options.permissions = PermissionRules::Kind::diagram;
  database.open(options);
  PermissionRules rules;
  rules.kind = PermissionRules::Kind::diagram;
  rules.roles = RoleMap::parse("admin=*;user=view,edit,create;guest=view").value();
  rules.default_role = "user";
  rules.organization_roles = RoleMap::parse(organization_map).value();

  const std::vector<Asked> asked = questions_about(model, dice);
  std::map<std::string, User> users;
  for (const auto& [id, role] : model.users) users[id] = {id, role, false, {}};
  std::vector<Question> questions;
  for (const Asked& each : asked) {
    const std::string hash = each.token.empty() ? "" : sha256_base64url(each.token);
    questions.push_back({&users[each.user], each.document, hash});
  }
  const auto answers = find_actions(database.directory(), rules, questions);
  ASSERT_TRUE(answers) << answers.error().message;
  std::map<std::pair<bool, bool>, int> seen;
  for (std::size_t at = 0; at < asked.size(); ++at) {
    const auto& [user, document, token] = asked[at];
    const Actions expected{model.can_view(user, document, token), model.can_edit(user, document, token)};
    ++seen[{expected.view, expected.edit}];
    ASSERT_EQ(answers->at(at), expected) << user << " " << document << " " << token;
  }
  EXPECT_GT((seen[{true, true}]), 500);
  EXPECT_GT((seen[{true, false}]), 500);
  EXPECT_GT((seen[{false, false}]), 500);
}

INSTANTIATE_TEST_SUITE_P(Kinds, DiagramPermissionsTest,
                         ::testing::Values(db::Database::Kind::postgres, db::Database::Kind::sqlite),
                         testing::kind_word);

TEST(Permissions, ARoleAloneIsTheSameForAllDocumentsAndAsksNobody) {
  testing::AuthDatabase database(db::Database::Kind::sqlite);
  database.execute(testing::camel_case_tables);
  database.open();
  PermissionRules rules;
  rules.roles = RoleMap::parse("admin=*;guest=view").value();
  rules.default_role = "guest";
  const User admin{"a", "guest,admin", false, {}};
  const User unset{"b", {}, false, {}};
  const User empty{"c", "", false, {}};
  const User unknown{"d", "root", false, {}};
  const std::vector<Question> questions{
      {&admin, "x", ""}, {&unset, "x", ""}, {&empty, "y", ""}, {&unknown, "x", ""}};
  database.directory().interrupt();
  EXPECT_EQ(find_actions(database.directory(), rules, questions).value(),
            (std::vector<Actions>{both, view, view, no_actions}));
}

}  // namespace
}  // namespace canvas::auth
