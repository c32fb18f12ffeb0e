#include "auth/permissions.h"

#include "auth/directory.h"

namespace canvas::auth {
namespace {

constexpr Actions nothing{};
constexpr Actions view{.view = true, .edit = false};
constexpr Actions view_and_edit{.view = true, .edit = true};

Actions of_word(std::string_view role) {
  if (role == "owner" || role == "editor") return view_and_edit;
  return role == "viewer" ? view : nothing;
}

// A link makes nobody an owner.
Actions of_link(std::string_view role) {
  return role == "owner" ? nothing : of_word(role);
}

Actions in_organization(const DiagramFacts& facts, const RoleMap& organization_roles) {
  if (!facts.is_in_organization || facts.visibility == DiagramFacts::Visibility::restricted) return nothing;
  Actions actions = view | organization_roles.of_list(facts.organization_roles);
  for (const std::string& permission : facts.organization_permissions) {
    actions = actions | parse_permission_json(permission);
  }
  return actions;
}

Actions of_role(const User& user, const PermissionRules& rules) {
  const bool has_role = user.role && !user.role->empty();
  return rules.roles.of_list(has_role ? *user.role : rules.default_role);
}

Result<std::vector<Actions>> of_diagrams(Directory& directory, const PermissionRules& rules,
                                         std::span<const Question> questions) {
  const Result<std::vector<DiagramFacts>> facts = directory.find_diagram_facts(questions);
  if (!facts) return facts.error();
  std::vector<Actions> answers;
  answers.reserve(questions.size());
  for (std::size_t at = 0; at < questions.size(); ++at) {
    answers.push_back(actions_from((*facts)[at], rules.organization_roles) &
                      of_role(*questions[at].user, rules));
  }
  return answers;
}

}  // namespace

Actions actions_from(const DiagramFacts& facts, const RoleMap& organization_roles) {
  if (!facts.exists) return nothing;
  Actions actions = facts.is_owner ? view_and_edit : nothing;
  if (facts.visibility == DiagramFacts::Visibility::everybody) actions = actions | view;
  return actions | of_word(facts.member_role) | of_link(facts.link_role) |
         in_organization(facts, organization_roles);
}

Result<std::vector<Actions>> find_actions(Directory& directory, const PermissionRules& rules,
                                          std::span<const Question> questions) {
  switch (rules.kind) {
    case PermissionRules::Kind::diagram: return of_diagrams(directory, rules, questions);
    case PermissionRules::Kind::sql: return directory.run_query(rules.query, questions);
    case PermissionRules::Kind::role: break;
  }
  std::vector<Actions> answers;
  answers.reserve(questions.size());
  for (const Question& question : questions) answers.push_back(of_role(*question.user, rules));
  return answers;
}

}  // namespace canvas::auth
