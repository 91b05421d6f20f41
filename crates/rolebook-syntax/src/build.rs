//! From pest's pairs to the tree of an item.

mod types;

use pest::iterators::Pair;
use rolebook_diagnostics::{Span, rules};

use crate::Problem;
use crate::ast::{
    Assert, Claim, Exprs, Field, Holder, ItemKind, LicenseLimit, Name, Path2, Pattern, PatternKind, Role, Source, Text,
    Was,
};
use crate::expr::build_expr;
use crate::file::Item;
use crate::lex::TokenKind;
use crate::parse::{END_OF_LINE, Rule, parse, unexpected};
use crate::scan::{Line, Shape};
use crate::table::build_table;
use crate::test_block::build_test;

pub(crate) type P<'a> = Pair<'a, Rule>;

/// Where an item's tree is put together.
pub(crate) struct Builder<'a> {
    pub(crate) text: &'a str,
    pub(crate) shape: &'a Shape,
    pub(crate) exprs: Exprs,
    pub(crate) problems: Vec<Problem>,
    pub(crate) lost: Vec<String>,
    /// The first byte of the line at hand: pairs count from there.
    pub(crate) base: u32,
}

pub(crate) fn build_item(text: &str, shape: &Shape) -> Item {
    let mut builder = Builder { text, shape, exprs: Exprs::default(), problems: vec![], lost: vec![], base: 0 };
    let kind = match &shape.head {
        Some(head) => builder.item(head),
        None => ItemKind::Error,
    };
    let doc = shape.head.as_ref().map_or(String::new(), |head| builder.doc_before(head.tokens.start));
    Item {
        span: Span::default(),
        doc,
        kind,
        exprs: builder.exprs,
        problems: builder.problems,
        lost_words: builder.lost,
    }
}

impl<'a> Builder<'a> {
    /// The `///` lines directly above the token `index`.
    pub(crate) fn doc_before(&self, index: usize) -> String {
        let tokens = &self.shape.tokens[..index.min(self.shape.tokens.len())];
        let mut lines: Vec<&str> = Vec::new();
        let mut newlines = 0;
        for token in tokens.iter().rev() {
            match token.kind {
                TokenKind::Newline => newlines += 1,
                TokenKind::Doc if newlines <= 1 => {
                    newlines = 0;
                    let line = token.text(self.text).trim_start_matches('/');
                    lines.push(line.strip_prefix(' ').unwrap_or(line).trim_end());
                }
                _ => break,
            }
        }
        lines.reverse();
        lines.join("\n")
    }

    /// Parses the line as `rule`; on failure the problem is kept and its words are lost.
    pub(crate) fn line(&mut self, rule: Rule, line: &Line) -> Option<P<'a>> {
        if line.broken {
            self.lose(line);
            return None;
        }
        self.base = line.span.start;
        let opens = self.shape.block.as_ref().and_then(|block| block.open);
        let head = self.shape.head.as_ref().is_some_and(|head| head.tokens == line.tokens);
        let end = if head && opens.is_some() { "`{`" } else { END_OF_LINE };
        match parse(rule, &self.text[line.span.range()], line.span.start, end) {
            Ok(pair) => Some(pair),
            Err(problem) => {
                self.problems.push(problem);
                self.lose(line);
                None
            }
        }
    }

    pub(crate) fn lose(&mut self, line: &Line) {
        let tokens = &self.shape.tokens[line.tokens.clone()];
        let words =
            tokens.iter().filter(|token| token.kind == TokenKind::Word).map(|token| token.text(self.text).to_owned());
        self.lost.extend(words);
    }

    pub(crate) fn span(&self, pair: &P<'_>) -> Span {
        let span = pair.as_span();
        // A rule that ends in something optional takes the blanks behind it, too.
        let end = span.start() + span.as_str().trim_end().len();
        Span::new(span.start() as u32, end as u32).shifted(self.base)
    }

    pub(crate) fn name(&mut self, pair: &P<'_>) -> Name {
        let name = Name { text: pair.as_str().trim().to_owned(), span: self.span(pair) };
        if pair.as_rule() == Rule::name && name.text.contains(|c: char| c.is_ascii_uppercase()) {
            let lower = snake_case(&name.text);
            self.problems.push(
                Problem::new(&rules::SYNTAX, format!("`{}` is not `snake_case`", name.text))
                    .label(name.span, "names are small letters, digits and `_`")
                    .help("what people see is the title: `role team_lead \"Team Lead\"`")
                    .fix(format!("write `{lower}`"), name.span, lower),
            );
        }
        name
    }

    pub(crate) fn text(&self, pair: &P<'_>) -> Text {
        Text { text: unescape(pair.as_str()), span: self.span(pair) }
    }

    /// The first child of `rule`, as a name.
    pub(crate) fn name_in(&mut self, pair: &P<'_>, rule: Rule) -> Option<Name> {
        let child = pair.clone().into_inner().find(|child| child.as_rule() == rule)?;
        Some(self.name(&child))
    }

    pub(crate) fn title_in(&self, pair: &P<'_>) -> Option<Text> {
        let child = pair.clone().into_inner().find(|child| child.as_rule() == Rule::title)?;
        Some(self.text(&child))
    }

    pub(crate) fn names_in(&mut self, pair: &P<'_>) -> Vec<Name> {
        let children: Vec<P<'_>> = pair.clone().into_inner().filter(|child| child.as_rule() == Rule::name).collect();
        children.iter().map(|child| self.name(child)).collect()
    }

    fn was_in(&self, pair: &P<'_>) -> Vec<Was> {
        let clauses = pair.clone().into_inner().filter(|child| child.as_rule() == Rule::was_clause);
        clauses
            .filter_map(|clause| {
                let old = clause.clone().into_inner().last()?;
                let text = if old.as_rule() == Rule::string { unescape(old.as_str()) } else { old.as_str().to_owned() };
                Some(Was { old: text, span: self.span(&clause) })
            })
            .collect()
    }

    fn item(&mut self, head: &Line) -> ItemKind {
        let tokens = &self.shape.tokens[head.tokens.clone()];
        let word = |index: usize| tokens.get(index).map_or("", |token| token.text(self.text));
        let first = if word(0) == "open" { word(1) } else { word(0) };
        let kind = match first {
            "principal" | "resource" => self.type_decl(head),
            "role" => self.line(Rule::role_line, head).map(|pair| {
                let open = find(&pair, Rule::kw_open).map(|open| self.span(&open));
                let doc = self.doc_before(head.tokens.start);
                let role = find(&pair, Rule::role).map(|role| self.role(&role, doc));
                role.map_or(ItemKind::Error, |role| ItemKind::Role(Role { open, ..role }))
            }),
            "license" => self.license(head),
            "area" => self.area(head),
            "group" => self.line(Rule::group_line, head).and_then(|pair| {
                let name = self.group_name(&pair)?;
                let patterns = find(&pair, Rule::patterns).map(|list| self.patterns(&list)).unwrap_or_default();
                Some(ItemKind::Group { name, title: self.title_in(&pair), was: self.was_in(&pair), patterns })
            }),
            "context" => self.context(head),
            "matrix" | "ceiling" | "settings" => return build_table(self, head, first),
            "condition" => self.line(Rule::condition_line, head).and_then(|pair| {
                let name = self.name_in(&pair, Rule::name)?;
                let body = find(&pair, Rule::expr).map(|expr| build_expr(self, expr))?;
                Some(ItemKind::Condition { name, title: self.title_in(&pair), was: self.was_in(&pair), body })
            }),
            "obligation" => self.line(Rule::obligation_line, head).and_then(|pair| {
                let name = self.name_in(&pair, Rule::name)?;
                let mut texts = pair.clone().into_inner().filter(|child| child.as_rule() == Rule::title);
                let (title, description) = (texts.next(), texts.next());
                Some(ItemKind::Obligation {
                    name,
                    title: title.map(|title| self.text(&title)),
                    description: description.map(|text| self.text(&text)),
                    undefined: find(&pair, Rule::kw_undefined).map(|word| self.span(&word)),
                    was: self.was_in(&pair),
                })
            }),
            "allow" => self.line(Rule::allow_line, head).map(|pair| ItemKind::Rule(self.rule(&pair, false))),
            "forbid" => self.line(Rule::forbid_line, head).map(|pair| ItemKind::Rule(self.rule(&pair, true))),
            "assign" => self.assign(head),
            "extend" => {
                let ty = self.line(Rule::extend_line, head).and_then(|pair| self.name_in(&pair, Rule::name));
                let mut words = self.shape.tokens[head.tokens.clone()].iter().map(|token| token.text(self.text));
                if let (None, Some("role"), Some(problem)) = (&ty, words.nth(1), self.problems.last_mut()) {
                    problem.help = vec![
                        "a role of the base never includes more; a new role is declared by `role NAME`, or in the type on which \
                         it is held: `extend TYPE { role NAME }`"
                            .into(),
                    ];
                }
                let members = self.members(false);
                ty.map(|ty| ItemKind::Extend { ty, members })
            }
            "assert" => self.line(Rule::assert_line, head).map(|pair| ItemKind::Assert(self.assert(&pair))),
            "test" => return build_test(self, head),
            _ => self.line(Rule::open_line, head).map(|_| ItemKind::OpenKeyRoles),
        };
        match kind {
            Some(kind) => kind,
            None => {
                self.lose_block();
                ItemKind::Error
            }
        }
    }

    /// A head that could not be read takes the names of its block with it.
    fn lose_block(&mut self) {
        if let Some(block) = &self.shape.block {
            for line in &block.lines {
                self.lose(line);
            }
        }
    }

    pub(crate) fn block_lines(&self) -> Vec<Line> {
        self.shape.block.as_ref().map_or(vec![], |block| block.lines.clone())
    }

    fn license(&mut self, head: &Line) -> Option<ItemKind> {
        let pair = self.line(Rule::license_line, head);
        let head =
            pair.and_then(|pair| Some((self.name_in(&pair, Rule::name)?, self.title_in(&pair), self.was_in(&pair))));
        let mut limits = Vec::new();
        for line in self.block_lines() {
            let Some(pair) = self.line(Rule::license_limit_line, &line) else { continue };
            let roles = find(&pair, Rule::role_list).map(|list| self.role_paths(&list)).unwrap_or_default();
            limits.push(LicenseLimit { only: find(&pair, Rule::kw_only).is_some(), roles });
        }
        let (name, title, was) = head?;
        Some(ItemKind::License { name, title, was, limits })
    }

    fn area(&mut self, head: &Line) -> Option<ItemKind> {
        let pair = self.line(Rule::area_line, head);
        let head = pair.and_then(|pair| {
            let name = self.name_in(&pair, Rule::name)?;
            let place = self.name_in(&pair, Rule::place).filter(|place| place.text != "workspace");
            Some((name, self.title_in(&pair), place, self.was_in(&pair)))
        });
        let members = self.members(true);
        let (name, title, place, was) = head?;
        Some(ItemKind::Area { name, title, place, was, members })
    }

    fn context(&mut self, head: &Line) -> Option<ItemKind> {
        self.line(Rule::context_line, head)?;
        let mut fields = Vec::new();
        for line in self.block_lines() {
            let Some(pair) = self.line(Rule::fields_line, &line) else { continue };
            let mut doc = String::new();
            for field in self.fields(&pair) {
                let index = self.shape.tokens.partition_point(|token| token.span.start < field.name.span.start);
                // Fields that share a line share its documentation.
                if self.shape.is_first_on_line(index) || index == line.tokens.start {
                    doc = self.doc_before(index);
                }
                fields.push(Field { doc: doc.clone(), ..field });
            }
        }
        Some(ItemKind::Context(fields))
    }

    fn assign(&mut self, head: &Line) -> Option<ItemKind> {
        let pair = self.line(Rule::assign_line, head);
        let head = pair.and_then(|pair| {
            let open = find(&pair, Rule::kw_open).map(|open| self.span(&open));
            Some((open, self.name_in(&pair, Rule::name)?, self.name_in(&pair, Rule::word)?))
        });
        let mut sources = Vec::new();
        for line in self.block_lines() {
            let word = self.shape.tokens[line.tokens.start].text(self.text);
            let source = match word {
                "from" => self.line(Rule::from_line, &line).and_then(|pair| {
                    let value = find(&pair, Rule::path).map(|path| build_expr(self, path))?;
                    let (ty, attribute) = (self.name_in(&pair, Rule::name)?, self.name_in(&pair, Rule::word)?);
                    let condition = find(&pair, Rule::expr).map(|expr| build_expr(self, expr));
                    Some(Source::From { value, ty, attribute, condition, span: self.span(&pair) })
                }),
                "to" => self.line(Rule::to_line, &line).and_then(|pair| {
                    let ty = self.name_in(&pair, Rule::name)?;
                    let id = find(&pair, Rule::string).map(|id| self.text(&id))?;
                    Some(Source::To { ty, id, condition: self.if_in(&pair), span: self.span(&pair) })
                }),
                "manual" => self.line(Rule::manual_line, &line).map(|pair| Source::Manual(self.span(&pair))),
                _ => {
                    self.unknown_source(&line);
                    None
                }
            };
            sources.extend(source);
        }
        let (open, ty, key_role) = head?;
        Some(ItemKind::Assign { open, ty, key_role, sources })
    }

    fn unknown_source(&mut self, line: &Line) {
        if !line.broken {
            let expected = vec!["`manual`", "`from …`", "`to …`"];
            self.problems.push(unexpected(&self.text[line.span.range()], 0, expected, line.span.start, END_OF_LINE));
        }
        self.lose(line);
    }

    pub(crate) fn if_in(&mut self, pair: &P<'a>) -> Option<crate::ast::ExprId> {
        let clause = find(pair, Rule::if_clause)?;
        let expr = find(&clause, Rule::expr)?;
        Some(build_expr(self, expr))
    }

    fn assert(&mut self, pair: &P<'a>) -> Assert {
        let claim = match (find(pair, Rule::kw_never), find(pair, Rule::kw_only)) {
            (Some(_), _) => Claim::Never,
            (_, Some(_)) => Claim::Only,
            _ => Claim::Always,
        };
        Assert {
            claim,
            holders: find(pair, Rule::holders).map(|list| self.holders(&list)).unwrap_or_default(),
            alone: find(pair, Rule::kw_alone).is_some(),
            patterns: find(pair, Rule::patterns).map(|list| self.patterns(&list)).unwrap_or_default(),
            except: self.except_in(pair),
            within: self.within_in(pair),
            condition: self.if_in(pair),
            obligations: self.with_in(pair),
            title: self.title_in(pair),
        }
    }

    fn rule(&mut self, pair: &P<'a>, forbid: bool) -> crate::ast::Rule {
        for clause in [Rule::if_clause, Rule::with_clause, Rule::because_clause] {
            let twice = pair.clone().into_inner().filter(|child| child.as_rule() == clause).nth(1);
            if let Some(second) = twice {
                let word = second.as_str().split_whitespace().next().unwrap_or("");
                let span = self.span(&second);
                self.problems.push(
                    Problem::new(&rules::SYNTAX, format!("a second `{word}` in one rule"))
                        .label(span, "the second one")
                        .help("join them: conditions with `and`, obligations with `,`"),
                );
            }
        }
        if let (false, Some(clause)) = (forbid, find(pair, Rule::because_clause)) {
            let span = self.span(&clause);
            self.problems.push(
                Problem::new(&rules::SYNTAX, "an `allow` has no `because`")
                    .label(span, "nobody would ever see it")
                    .help("`because` is what a refused person sees, of a `forbid`; a reason for readers is a `///` line above"),
            );
        }
        let because = find(pair, Rule::because_clause).and_then(|clause| find(&clause, Rule::string));
        crate::ast::Rule {
            forbid,
            holders: find(pair, Rule::holders).map(|list| self.holders(&list)).unwrap_or_default(),
            patterns: find(pair, Rule::patterns).map(|list| self.patterns(&list)).unwrap_or_default(),
            except: self.except_in(pair),
            within: self.within_in(pair),
            condition: self.if_in(pair),
            obligations: self.with_in(pair),
            because: because.map(|text| self.text(&text)),
        }
    }

    fn except_in(&mut self, pair: &P<'_>) -> Vec<Pattern> {
        let list = find(pair, Rule::except_clause).and_then(|clause| find(&clause, Rule::patterns));
        list.map(|list| self.patterns(&list)).unwrap_or_default()
    }

    fn within_in(&mut self, pair: &P<'_>) -> Option<Name> {
        let clause = find(pair, Rule::within_clause)?;
        self.name_in(&clause, Rule::name)
    }

    pub(crate) fn with_in(&mut self, pair: &P<'_>) -> Vec<Name> {
        let list = find(pair, Rule::with_clause).and_then(|clause| find(&clause, Rule::names));
        list.map(|list| self.names_in(&list)).unwrap_or_default()
    }

    pub(crate) fn holders(&mut self, list: &P<'_>) -> Vec<Holder> {
        let holders: Vec<P<'_>> = list.clone().into_inner().filter(|child| child.as_rule() == Rule::holder).collect();
        holders.iter().filter_map(|holder| self.holder(holder)).collect()
    }

    pub(crate) fn holder(&mut self, pair: &P<'_>) -> Option<Holder> {
        let span = self.span(pair);
        let inner = pair.clone().into_inner().next()?;
        match inner.as_rule() {
            Rule::kw_everyone => Some(Holder::Everyone(span)),
            Rule::kw_members => Some(Holder::Members(span)),
            Rule::kw_license => self.name_in(pair, Rule::name).map(Holder::License),
            _ => {
                let role = inner.clone().into_inner().next()?;
                match role.as_rule() {
                    Rule::kw_assigned => Some(Holder::Assigned(span)),
                    Rule::kw_role => self.name_in(&inner, Rule::name).map(Holder::Role),
                    _ => self.role_path(&inner).map(Holder::Named),
                }
            }
        }
    }

    pub(crate) fn role_paths(&mut self, list: &P<'_>) -> Vec<Path2> {
        let paths: Vec<P<'_>> = list.clone().into_inner().filter(|child| child.as_rule() == Rule::role_path).collect();
        paths.iter().filter_map(|path| self.role_path(path)).collect()
    }

    /// `csm`, `account.csm`, `role csm` (qualified by the word `role`), `assigned`.
    pub(crate) fn role_path(&mut self, pair: &P<'_>) -> Option<Path2> {
        let span = self.span(pair);
        let children: Vec<P<'_>> = pair.clone().into_inner().filter(|child| child.as_rule() != Rule::dot).collect();
        match children.as_slice() {
            [one] => Some(Path2 { qualifier: None, name: self.name(one), span }),
            [first, second] => Some(Path2 { qualifier: Some(self.name(first)), name: self.name(second), span }),
            _ => None,
        }
    }

    fn group_name(&mut self, pair: &P<'_>) -> Option<Path2> {
        let first = self.name_in(pair, Rule::name)?;
        Some(match self.name_in(pair, Rule::word) {
            Some(second) => Path2 { span: first.span.to(second.span), qualifier: Some(first), name: second },
            None => Path2 { span: first.span, qualifier: None, name: first },
        })
    }

    pub(crate) fn patterns(&mut self, list: &P<'_>) -> Vec<Pattern> {
        let patterns: Vec<P<'_>> = list.clone().into_inner().filter(|child| child.as_rule() == Rule::pattern).collect();
        patterns.iter().filter_map(|pattern| self.pattern(pattern)).collect()
    }

    fn pattern(&mut self, pair: &P<'_>) -> Option<Pattern> {
        let span = self.span(pair);
        let children: Vec<P<'_>> = pair.clone().into_inner().filter(|child| child.as_rule() != Rule::dot).collect();
        let kind = match children.as_slice() {
            [one] if one.as_rule() == Rule::star => PatternKind::All,
            [one] => PatternKind::Group(self.name(one)),
            [star, verb] if star.as_rule() == Rule::star => PatternKind::Verb(self.name(verb)),
            [ty, star] if star.as_rule() == Rule::star => PatternKind::Type(self.name(ty)),
            [ty, verb] => PatternKind::Action(self.name(ty), self.name(verb)),
            _ => return None,
        };
        Some(Pattern { kind, span })
    }
}

/// The first child of that rule.
pub(crate) fn find<'a>(pair: &P<'a>, rule: Rule) -> Option<P<'a>> {
    pair.clone().into_inner().find(|child| child.as_rule() == rule)
}

/// The characters of a quoted string; the grammar allows only escapes that are known here.
pub(crate) fn unescape(quoted: &str) -> String {
    let quoted = quoted.trim();
    let inner = quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or("");
    let mut out = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('n') => out.push('\n'),
            Some('u') => {
                let hex: String = chars.by_ref().skip(1).take_while(|c| *c != '}').collect();
                let code = u32::from_str_radix(&hex, 16).ok().and_then(char::from_u32);
                out.push(code.unwrap_or('\u{fffd}'));
            }
            Some(other) => out.push(other),
            None => {}
        }
    }
    out
}

fn snake_case(name: &str) -> String {
    let mut out = String::new();
    let mut before: Option<char> = None;
    for c in name.chars() {
        if c.is_ascii_uppercase() && before.is_some_and(|before| before.is_ascii_lowercase() || before.is_ascii_digit())
        {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
        before = Some(c);
    }
    out
}
