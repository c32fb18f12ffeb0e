// What the roles of an app may do with a diagram.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/result.h"

namespace canvas::auth {

// What we ask for. To edit without being able to view is nothing.
struct Actions {
  bool view = false;
  bool edit = false;

  friend bool operator==(const Actions&, const Actions&) = default;
};

// `a` and `b` together; and what both have.
inline Actions operator|(Actions a, Actions b) {
  return {a.view || b.view, a.edit || b.edit};
}
inline Actions operator&(Actions a, Actions b) {
  return {a.view && b.view, a.edit && b.edit};
}

// The roles of the app that this server is for, as RoleMap::parse takes them.
inline constexpr std::string_view app_roles =
    "owner=*; admin=create,edit,view,delete,share; editor=create,edit,view,delete; viewer=view";

// Roles and the actions that they grant on `diagram`; a value. Names are compared as they are.
class RoleMap {
public:
  // "owner=*; admin=create,edit,view,delete,share; viewer=view": roles parted by ';', actions by ',', `*` for
  // all. Actions that we do not ask for are taken and mean nothing here. Fails with Errc::invalid_use when a
  // role is named twice, is empty or has no '='.
  static Result<RoleMap> parse(std::string_view text);

  // Of one role; an unknown one grants nothing.
  Actions of(std::string_view role) const;
  // Of a comma list, as Better Auth has it: each for itself.
  Actions of_list(std::string_view roles) const;

private:
  std::map<std::string, Actions, std::less<>> actions_;
};

// Words such as view, edit, * as a query may return them: parted by commas or blanks.
Actions parse_actions(std::string_view words);

// The actions on `diagram` in the JSON of an organization role's permission: {"diagram":["view","edit"]}.
// What is malformed grants nothing.
Actions parse_permission_json(std::string_view json);

}  // namespace canvas::auth
