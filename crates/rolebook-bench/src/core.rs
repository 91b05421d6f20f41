//! What every book begins with: people, roles, licenses, teams and accounts.

/// In Rolebook, an item each.
pub(crate) const ITEMS: &[&str] = &[
    "/// Whoever works here.
principal user \"Team member\" in team* ungated {
  email: text
  active: bool
  manager?: user
  action update_profile, disable
}",
    "role admin \"Admin\" includes leader",
    "role leader \"Leader\" includes member",
    "role member \"Member\" was teammate",
    "role observer \"Observer\"",
    "/// Reads everything and changes nothing.
role auditor \"Auditor\"",
    "license practitioner \"Practitioner\"",
    "license contributor \"Contributor\" {
  except roles admin
}",
    "license viewer \"Viewer\"",
    "resource team \"Team\" {
  role team_admin \"Team admin\" includes regular_user
  open role regular_user \"Regular user\"
  action enter, edit
}",
    "/// A customer. The key roles name who is responsible for it.
resource account \"Account\" in team* {
  key role csm \"Customer Success Manager\"
  key role ae \"Account Executive\"
  key role specialist \"Specialist\" many
  open key roles
  csm_email?: text
  action create on workspace
  action view, edit, delete
  gate view
}",
    "open assign account.csm {
  from resource.csm_email matching user.email where it.active
  manual
}",
    "context { mfa: bool; surface: one of (web, mobile) }",
    "obligation limited \"limited\" \"Show the first hundred\"",
    "obligation read_only \"read only\" \"Show it without the means to change it\"",
    "obligation masked \"masked\" \"Leave out what is personal\"",
    "obligation audit \"with an entry in the log\"",
    "condition oneself = resource == principal",
    "matrix \"Accounts\" {
  action                                     | admin | leader | member | observer  | csm
  account.view \"View accounts\"               | yes   | yes    | yes    | yes       | yes
  account.create, account.delete \"Administer\" | yes   | -      | -      | -         | -
  account.edit \"Edit accounts\"               | yes   | yes    | -      | -         | yes
  user.disable \"Disable a colleague\"         | yes   | -      | -      | -         | -
}",
    "ceiling \"Licenses\" {
  action             | practitioner | contributor | viewer
  *                  | yes          | yes         | yes
  *.delete, *.export | yes          | yes         | no
}",
    "allow user to user.update_profile if oneself",
    "allow auditor to *.view",
    "allow regular_user to team.enter",
    "allow team_admin to team.edit with audit",
    "forbid everyone to *.delete if not context.mfa
  because \"Sign in with a second factor\"",
    "assert only admin can account.delete \"Accounts are deleted by admins\"",
    "test \"the core\" {
  team smb
  user dana in smb { role: admin, license: practitioner }
  user lee in smb { role: member, license: contributor }
  account acme in smb { csm: lee }
  dana can account.view on acme
  lee can account.edit on acme
  lee cannot user.disable on dana because no grant
  dana cannot account.delete on acme because \"Sign in with a second factor\"
  at { mfa: true }
  dana can account.delete on acme
}",
];

/// The types and actions of the core in Cedar.
pub(crate) const CEDAR_SCHEMA: &str = "\
entity Workspace;
entity Role in [Role];
entity License;
entity Team { regular_users: Set<User>, team_admins: Set<User> };
entity User in [Role, Team] { email: String, active: Bool, manager?: User, license: String };
entity Account in [Team] { csm?: User, ae?: User, specialist: Set<User>, csm_email?: String };
type Circumstances = { mfa?: Bool, surface?: String };
action \"view\", \"delete\", \"export\", \"below_account\";
action \"user.update_profile\", \"user.disable\" appliesTo { principal: [User], resource: [User], context: Circumstances };
action \"team.enter\", \"team.edit\" appliesTo { principal: [User], resource: [Team], context: Circumstances };
action \"account.create\" appliesTo { principal: [User], resource: [Workspace], context: Circumstances };
action \"account.view\" in [Action::\"view\"] appliesTo { principal: [User], resource: [Account], context: Circumstances };
action \"account.edit\" appliesTo { principal: [User], resource: [Account], context: Circumstances };
action \"account.delete\" in [Action::\"delete\"] appliesTo { principal: [User], resource: [Account], context: Circumstances };
";

/// The rules of the core in Cedar.
pub(crate) const CEDAR_POLICIES: &str = "\
permit (principal in Role::\"member\", action == Action::\"account.view\", resource is Account);
permit (principal in Role::\"observer\", action == Action::\"account.view\", resource is Account);
permit (principal, action in [Action::\"account.view\", Action::\"account.edit\"], resource is Account)
when { resource has csm && resource.csm == principal };
permit (principal in Role::\"admin\", action in [Action::\"account.create\", Action::\"account.delete\", Action::\"user.disable\"], resource);
permit (principal in Role::\"leader\", action == Action::\"account.edit\", resource is Account);
forbid (principal, action in [Action::\"delete\", Action::\"export\"], resource) when { principal.license == \"viewer\" };
permit (principal, action == Action::\"user.update_profile\", resource) when { resource == principal };
permit (principal in Role::\"auditor\", action in Action::\"view\", resource);
permit (principal, action == Action::\"team.enter\", resource is Team)
when { resource.regular_users.contains(principal) || resource.team_admins.contains(principal) };
@obligation(\"audit\")
permit (principal, action == Action::\"team.edit\", resource is Team) when { resource.team_admins.contains(principal) };
@because(\"Sign in with a second factor\")
forbid (principal, action in Action::\"delete\", resource) unless { context has mfa && context.mfa };
";
