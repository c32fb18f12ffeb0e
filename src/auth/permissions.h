// What somebody may do with a document.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "auth/role_map.h"
#include "auth/session.h"
#include "base/result.h"

namespace canvas::auth {

class Directory;

struct PermissionRules {
  enum class Kind {
    role,     // the user's role alone, the same for all documents
    diagram,  // owners, members, organizations, visibility and links of diagrams, capped by the role
    sql,      // a query of the operator's
  };
  Kind kind = Kind::role;
  RoleMap roles;
  std::string default_role;  // of users who have none
  RoleMap
      organization_roles;  // what the roles of the organization plugin grant on the organization's diagrams
  std::string query;       // kind sql: $1 is the user, $2 the document, both text; gives actions
};

// May this user do something with this document? `user` outlives the question.
struct Question {
  const User* user;
  std::string document;
  std::string share_hash;  // sha256_base64url of the share link's token; empty: there is none
};

// What is known about a diagram and somebody who asks for it.
struct DiagramFacts {
  enum class Visibility { restricted, organization, everybody };
  bool exists = false;
  bool is_owner = false;
  Visibility visibility = Visibility::restricted;
  std::string member_role;          // viewer, editor or owner; empty: no member, or no longer
  std::string link_role;            // of the share link: viewer or editor; empty: none that holds
  bool is_in_organization = false;  // a member of the diagram's organization
  std::string organization_roles;   // as such, a comma list
  std::vector<std::string> organization_permissions;  // JSON of those of the roles that are made at run time
};

// What these facts allow, before the role of the user caps it. Pure.
//
// The owner, and members of role owner or editor: view and edit. Members of role viewer: view. An editor's or
// a viewer's link likewise. Whoever is in the diagram's organization, while its visibility is `org` or
// `public`: view, and what their roles there grant. Visibility `public`: view for every user.
Actions actions_from(const DiagramFacts& facts, const RoleMap& organization_roles);

// The answers, in order, with one round trip or two for all of them. Fails as the directory does.
Result<std::vector<Actions>> find_actions(Directory& directory, const PermissionRules& rules,
                                          std::span<const Question> questions);

}  // namespace canvas::auth
