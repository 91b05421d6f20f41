//! Types, areas and what stands in their blocks.

use crate::Problem;
use crate::ast::{
    Action, Actions, Cardinality, Field, ItemKind, KeyRole, Member, Name, Parent, Role, TypeDecl, TypeRef, TypeRefKind,
};
use crate::parse::{END_OF_LINE, Rule, unexpected};
use crate::scan::Line;

use super::{Builder, P, find};

impl Builder<'_> {
    pub(super) fn type_decl(&mut self, head: &Line) -> Option<ItemKind> {
        let pair = self.line(Rule::type_line, head);
        let head = pair.and_then(|pair| {
            let principal = find(&pair, Rule::kw_principal).is_some();
            let name = self.name_in(&pair, Rule::name)?;
            let parents = find(&pair, Rule::parents).map(|list| self.parents(&list)).unwrap_or_default();
            Some((principal, name, self.title_in(&pair), parents, self.was_in(&pair)))
        });
        let members = self.members(false);
        let (principal, name, title, parents, was) = head?;
        Some(ItemKind::Type(TypeDecl { principal, name, title, parents, was, members }))
    }

    pub(super) fn parents(&mut self, list: &P<'_>) -> Vec<Parent> {
        let parents = list.clone().into_inner().filter(|child| child.as_rule() == Rule::parent);
        let parents: Vec<P<'_>> = parents.collect();
        parents
            .iter()
            .filter_map(|parent| {
                let name = self.name_in(parent, Rule::place)?;
                let cardinality = match (find(parent, Rule::question), find(parent, Rule::star)) {
                    (Some(_), _) => Cardinality::Optional,
                    (_, Some(_)) => Cardinality::Many,
                    _ => Cardinality::One,
                };
                let ungated = find(parent, Rule::kw_ungated).map(|word| self.span(&word));
                Some(Parent { name, cardinality, ungated })
            })
            .collect()
    }

    pub(super) fn role(&mut self, pair: &P<'_>, doc: String) -> Role {
        let includes = find(pair, Rule::includes).and_then(|clause| find(&clause, Rule::role_list));
        Role {
            name: self.name_in(pair, Rule::name).unwrap_or(Name { text: String::new(), span: self.span(pair) }),
            title: self.title_in(pair),
            includes: includes.map(|list| self.role_paths(&list)).unwrap_or_default(),
            was: self.was_in(pair),
            open: None,
            doc,
        }
    }

    pub(super) fn fields(&mut self, pair: &P<'_>) -> Vec<Field> {
        let fields: Vec<P<'_>> = pair.clone().into_inner().filter(|child| child.as_rule() == Rule::field).collect();
        fields.iter().filter_map(|field| self.field(field)).collect()
    }

    pub(super) fn field(&mut self, pair: &P<'_>) -> Option<Field> {
        let name = self.name_in(pair, Rule::name)?;
        let ty = find(pair, Rule::type_ref)?;
        let single = find(&ty, Rule::single_type)?;
        let inner = single.clone().into_inner().next()?;
        let kind = match inner.as_rule() {
            Rule::ty_text => TypeRefKind::Text,
            Rule::ty_int => TypeRefKind::Int,
            Rule::ty_bool => TypeRefKind::Bool,
            Rule::ty_date => TypeRefKind::Date,
            Rule::ty_time => TypeRefKind::Time,
            Rule::kw_role => TypeRefKind::Role,
            Rule::one_of => TypeRefKind::OneOf(self.names_in(&inner)),
            _ => TypeRefKind::Entity(self.name(&inner)),
        };
        let ty = TypeRef { set: find(&ty, Rule::kw_set).is_some(), kind, span: self.span(&ty) };
        let optional = find(pair, Rule::question).is_some();
        Some(Field { name, optional, ty, was: self.was_in(pair), doc: String::new() })
    }

    pub(super) fn members(&mut self, function: bool) -> Vec<Member> {
        let mut members = Vec::new();
        for line in self.block_lines() {
            members.extend(self.member(&line, function));
        }
        members
    }

    pub(super) fn member(&mut self, line: &Line, area: bool) -> Option<Member> {
        let tokens = &self.shape.tokens[line.tokens.clone()];
        let word = |index: usize| tokens.get(index).map_or("", |token| token.text(self.text));
        let doc = self.doc_before(line.tokens.start);
        let is_field = word(1) == ":" || (word(1) == "?" && word(2) == ":");
        let rule = match (word(0), word(1)) {
            _ if is_field => Rule::field_line,
            ("roles", _) => Rule::roles_one_line,
            ("license", _) => Rule::license_none_line,
            ("scope", _) => Rule::scope_line,
            ("key", _) => Rule::key_role_line,
            ("open", "role") => Rule::role_line,
            ("open", _) => Rule::open_line,
            ("gate", _) => Rule::gate_line,
            ("action", _) => Rule::action_line,
            ("role", _) => Rule::role_line,
            _ => {
                if !line.broken {
                    self.problems.push(self.unknown_member(line, area));
                }
                self.lose(line);
                return None;
            }
        };
        let pair = self.line(rule, line)?;
        let span = self.span(&pair);
        match rule {
            Rule::field_line => {
                let field = find(&pair, Rule::field)?;
                self.field(&field).map(|field| Member::Field(Field { doc, ..field }))
            }
            Rule::roles_one_line => Some(Member::RolesOne(span)),
            Rule::license_none_line => Some(Member::LicenseNone(span)),
            Rule::scope_line if find(&pair, Rule::kw_active).is_some() => Some(Member::ScopeActive(span)),
            Rule::scope_line => Some(Member::ScopeUnion(span)),
            Rule::open_line => Some(Member::OpenKeyRoles(span)),
            Rule::gate_line => {
                let action = self.name_in(&pair, Rule::name)?;
                Some(Member::Gate { action, or_none: find(&pair, Rule::kw_none).is_some() })
            }
            Rule::role_line => {
                let open = find(&pair, Rule::kw_open).map(|open| self.span(&open));
                find(&pair, Rule::role).map(|role| Member::Role(Role { open, ..self.role(&role, doc) }))
            }
            Rule::key_role_line => Some(Member::KeyRole(KeyRole {
                name: self.name_in(&pair, Rule::name)?,
                title: self.title_in(&pair),
                many: find(&pair, Rule::kw_many).is_some(),
                was: self.was_in(&pair),
                doc,
            })),
            _ => Some(Member::Actions(self.actions(&pair, doc))),
        }
    }

    pub(super) fn unknown_member(&self, line: &Line, area: bool) -> Problem {
        let text = &self.text[line.span.range()];
        let expected = if area {
            vec!["`action`", "`name: type`"]
        } else {
            vec![
                "`action …`",
                "`role …`",
                "`key role …`",
                "`gate …`",
                "`name: type`",
                "`roles one`",
                "`scope …`",
                "`license none`",
            ]
        };
        unexpected(text, 0, expected, line.span.start, END_OF_LINE)
    }

    pub(super) fn actions(&mut self, pair: &P<'_>, doc: String) -> Actions {
        let list: Vec<P<'_>> = pair.clone().into_inner().filter(|child| child.as_rule() == Rule::action).collect();
        let mut actions = Vec::new();
        for action in &list {
            let Some(name) = self.name_in(action, Rule::name) else { continue };
            let arguments = find(action, Rule::arguments).map(|list| self.fields(&list)).unwrap_or_default();
            actions.push(Action { name, arguments, title: self.title_in(action) });
        }
        let on = find(pair, Rule::on_places).map_or(vec![], |clause| {
            let places: Vec<P<'_>> = clause.into_inner().filter(|child| child.as_rule() == Rule::place).collect();
            places.iter().map(|place| self.name(place)).collect()
        });
        let requires = find(pair, Rule::requires).and_then(|clause| find(&clause, Rule::names));
        let requires = requires.map(|list| self.names_in(&list)).unwrap_or_default();
        Actions { actions, on, requires, was: self.was_in(pair), doc }
    }
}
