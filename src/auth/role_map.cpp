#include "auth/role_map.h"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include "auth/text_internal.h"

namespace canvas::auth {
namespace {

constexpr std::size_t max_permission_bytes = 64u << 10;
constexpr std::size_t max_permission_depth = 8;

Actions action(std::string_view word) {
  return {word == "view" || word == "*", word == "edit" || word == "*"};
}

}  // namespace

Result<RoleMap> RoleMap::parse(std::string_view text) {
  RoleMap map;
  for (const std::string_view entry : split_trimmed(text, ';')) {
    const std::size_t equals = entry.find('=');
    if (equals == std::string_view::npos) {
      return Error{Errc::invalid_use, "the role \"" + std::string(entry) + "\" has no '='"};
    }
    const std::string role(trim(entry.substr(0, equals)));
    if (role.empty()) {
      return Error{Errc::invalid_use, "a role has no name: \"" + std::string(entry) + "\""};
    }
    if (!map.actions_.emplace(role, parse_actions(entry.substr(equals + 1))).second) {
      return Error{Errc::invalid_use, "the role \"" + role + "\" is there twice"};
    }
  }
  return map;
}

Actions RoleMap::of(std::string_view role) const {
  const auto found = actions_.find(role);
  return found == actions_.end() ? Actions{} : found->second;
}

Actions RoleMap::of_list(std::string_view roles) const {
  Actions actions;
  for (const std::string_view role : split_trimmed(roles, ',')) actions = actions | of(role);
  return actions;
}

Actions parse_actions(std::string_view words) {
  static constexpr std::string_view separators = ", \t\r\n";
  Actions actions;
  while (true) {
    words.remove_prefix(std::min(words.find_first_not_of(separators), words.size()));
    if (words.empty()) return actions;
    const std::string_view word = words.substr(0, words.find_first_of(separators));
    actions = actions | action(word);
    words.remove_prefix(word.size());
  }
}

Actions parse_permission_json(std::string_view json) {
  if (json.size() > max_permission_bytes) return {};
  boost::system::error_code error;
  boost::json::parse_options options;
  options.max_depth = max_permission_depth;
  const boost::json::value permission = boost::json::parse(json, error, {}, options);
  if (error || !permission.is_object()) return {};
  const boost::json::value* const diagram = permission.get_object().if_contains("diagram");
  if (!diagram || !diagram->is_array()) return {};
  Actions actions;
  for (const boost::json::value& word : diagram->get_array()) {
    if (!word.is_string()) return {};
    // Better Auth knows no `*` here.
    if (word.get_string() == "view") actions.view = true;
    if (word.get_string() == "edit") actions.edit = true;
  }
  return actions;
}

}  // namespace canvas::auth
