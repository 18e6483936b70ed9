//! `$filter` text -> [`Filter`], typed by the entity's columns.
//!
//! Grammar, loosest first: `or`, `and`, `not`, then a comparison, `in (..)`, `contains`/`startswith`/`endswith`, a
//! boolean property, or parentheses. A literal may stand on either side; a text may stand in `tolower`, `toupper`,
//! `trim` or `length`. Depth and number of terms are bounded, so that no text can exhaust the stack.

use std::borrow::Cow;

use uuid::Uuid;

use super::BadQuery;
use super::filter::{Filter, Fold, Op, Subject, TextTest};
use super::lex::{Token, tokens};
use super::rules::{DEPTH, Rules};
use super::value::{Kind, Value};
use crate::clock::Timestamp;
use crate::dto::Column;
use crate::world::switches::PropertyFilter;

/// Reads a filter for an entity whose columns `column` gives by place.
pub(crate) fn filter(text: &str, column: fn(usize) -> Option<Column>, rules: &Rules<'_>) -> Result<Filter, BadQuery> {
    let tokens = tokens(text)?.into_iter().peekable();
    let mut parser = Parser { tokens, column, rules, depth: 0, terms: 0, robots: 0, judged: None };
    let filter = parser.any()?;
    match parser.tokens.next() {
        None => Ok(filter),
        Some(token) => Err(unexpected(Some(&token))),
    }
}

struct Parser<'r> {
    tokens: std::iter::Peekable<std::vec::IntoIter<Token>>,
    column: fn(usize) -> Option<Column>,
    rules: &'r Rules<'r>,
    depth: usize,
    terms: usize,
    robots: usize,
    /// What every row comes to by the term, where it names a property whose filter does not filter.
    judged: Option<bool>,
}

/// One side of a comparison.
enum Operand {
    /// The column's kind is that of the value behind the functions.
    Property(Subject, Column),
    Literal(Token),
}

impl Parser<'_> {
    fn any(&mut self) -> Result<Filter, BadQuery> {
        let first = self.all()?;
        self.row_of("or", first, Self::all, Filter::Any)
    }

    fn all(&mut self) -> Result<Filter, BadQuery> {
        let first = self.one()?;
        self.row_of("and", first, Self::one, Filter::All)
    }

    /// `first`, and what follows it after each `word`.
    fn row_of(
        &mut self,
        word: &str,
        first: Filter,
        next: fn(&mut Self) -> Result<Filter, BadQuery>,
        joined: fn(Vec<Filter>) -> Filter,
    ) -> Result<Filter, BadQuery> {
        let mut parts = vec![first];
        while self.takes_word(word) {
            parts.push(next(self)?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { joined(parts) })
    }

    fn one(&mut self) -> Result<Filter, BadQuery> {
        self.deeper()?;
        let filter = if self.takes_word("not") {
            self.negated()?
        } else if self.takes(&Token::Open) {
            let inner = self.any()?;
            self.expect(&Token::Close)?;
            inner
        } else {
            self.judged = None;
            let term = self.term()?;
            match self.judged {
                None => term,
                Some(true) => Filter::All(Vec::new()),
                Some(false) => Filter::Any(Vec::new()),
            }
        };
        self.depth -= 1;
        Ok(filter)
    }

    fn deeper(&mut self) -> Result<(), BadQuery> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(BadQuery::because(format!("the filter is nested deeper than {DEPTH}")));
        }
        Ok(())
    }

    /// What stands after `not`. It binds tighter than a comparison, so that one needs parentheses.
    fn negated(&mut self) -> Result<Filter, BadQuery> {
        let is_group = self.tokens.peek() == Some(&Token::Open);
        let filter = self.one()?;
        if !is_group && matches!(filter, Filter::Compare { .. } | Filter::In { .. }) {
            return Err(BadQuery::because("`not` takes a condition in parentheses"));
        }
        Ok(Filter::Not(Box::new(filter)))
    }

    fn term(&mut self) -> Result<Filter, BadQuery> {
        self.count_term()?;
        let first = self.next()?;
        if let Token::Word(word) = &first
            && let Some(test) = text_test(word)
            && self.tokens.peek() == Some(&Token::Open)
        {
            return self.test(test, &word.clone());
        }
        let left = self.operand(first)?;
        if let Operand::Property(subject, info) = &left {
            if self.takes_word("in") {
                return self.list(subject.clone(), *info);
            }
            if info.kind == Kind::Bool && !matches!(self.tokens.peek(), Some(Token::Word(word)) if op(word).is_some()) {
                return Ok(Filter::Is { column: subject.column });
            }
        }
        let op = match self.next()? {
            Token::Word(word) => op(&word).ok_or_else(|| BadQuery::because(format!("`{word}` is not an operator")))?,
            other @ (Token::Open | Token::Close | Token::Comma | Token::Quoted(_)) => {
                return Err(unexpected(Some(&other)));
            }
        };
        let second = self.next()?;
        match (left, self.operand(second)?) {
            (Operand::Property(subject, info), Operand::Literal(literal)) => compare(subject, info, op, &literal),
            (Operand::Literal(literal), Operand::Property(subject, info)) => {
                compare(subject, info, op.flipped(), &literal)
            }
            (Operand::Property(..), Operand::Property(..)) => {
                Err(BadQuery::because("two properties cannot be compared with each other"))
            }
            (Operand::Literal(_), Operand::Literal(_)) => Err(BadQuery::because("a comparison needs a property")),
        }
    }

    /// `(literal, ..)` after `property in`.
    fn list(&mut self, subject: Subject, info: Column) -> Result<Filter, BadQuery> {
        self.expect(&Token::Open)?;
        let mut values = Vec::new();
        loop {
            if !values.is_empty() {
                self.count_term()?;
            }
            let token = self.next()?;
            values.push(literal(&token, info)?);
            if self.takes(&Token::Close) {
                return Ok(Filter::In { subject, values });
            }
            self.expect(&Token::Comma)?;
        }
    }

    /// `name(property, 'text')`, its name read already; `eq true` and its like may follow.
    fn test(&mut self, test: TextTest, name: &str) -> Result<Filter, BadQuery> {
        self.expect(&Token::Open)?;
        let first = self.next()?;
        let Operand::Property(subject, info) = self.operand(first)? else {
            return Err(BadQuery::because(format!("`{name}` begins with a property")));
        };
        if info.kind != Kind::Text {
            return Err(BadQuery::because(format!("`{name}` takes a text, which `{}` is not", info.name)));
        }
        if self.rules.filter_on(info.name) == PropertyFilter::ComparesOnly {
            return Err(BadQuery::because(format!("`{}` cannot be used in `{name}`", info.name)));
        }
        self.expect(&Token::Comma)?;
        let second = self.next()?;
        let Operand::Literal(Token::Quoted(needle)) = self.operand(second)? else {
            return Err(BadQuery::because(format!("`{name}` ends with a quoted text")));
        };
        self.expect(&Token::Close)?;
        let filter = Filter::Text { test, subject, needle };
        let negated = if self.takes_word("eq") {
            !self.truth()?
        } else if self.takes_word("ne") {
            self.truth()?
        } else {
            false
        };
        Ok(if negated { Filter::Not(Box::new(filter)) } else { filter })
    }

    fn truth(&mut self) -> Result<bool, BadQuery> {
        if self.takes_word("true") {
            Ok(true)
        } else if self.takes_word("false") {
            Ok(false)
        } else {
            Err(unexpected(self.tokens.peek()))
        }
    }

    fn operand(&mut self, token: Token) -> Result<Operand, BadQuery> {
        match token {
            Token::Word(word) if self.tokens.peek() == Some(&Token::Open) => self.folded(&word),
            Token::Quoted(_) => Ok(Operand::Literal(token)),
            Token::Word(ref word) if is_literal(word) => Ok(Operand::Literal(token)),
            Token::Word(word) => self.property(&word),
            Token::Open | Token::Close | Token::Comma => Err(unexpected(Some(&token))),
        }
    }

    /// `tolower(..)` and its like, of a property or a literal.
    fn folded(&mut self, name: &str) -> Result<Operand, BadQuery> {
        let fold = match name {
            "tolower" => Fold::Lower,
            "toupper" => Fold::Upper,
            "trim" => Fold::Trim,
            "length" => Fold::Length,
            _ => return Err(BadQuery::because(format!("an unknown function with name `{name}` was found"))),
        };
        self.deeper()?;
        self.expect(&Token::Open)?;
        let inner = self.next()?;
        let operand = match self.operand(inner)? {
            Operand::Property(mut subject, info) if info.kind == Kind::Text => {
                subject.folds.push(fold);
                let kind = if fold == Fold::Length { Kind::Int } else { Kind::Text };
                Operand::Property(subject, Column { kind, ..info })
            }
            Operand::Literal(Token::Quoted(text)) => Operand::Literal(match fold.of(&text) {
                Value::Int(number) => Token::Word(number.to_string()),
                Value::Text(text) => Token::Quoted(text.into_owned()),
                Value::Null | Value::Bool(_) | Value::Guid(_) | Value::Date(_) | Value::Enum(..) | Value::Json(_) => {
                    Token::Quoted(text)
                }
            }),
            Operand::Property(_, info) => {
                return Err(BadQuery::because(format!("`{name}` takes a text, which `{}` is not", info.name)));
            }
            Operand::Literal(_) => return Err(BadQuery::because(format!("`{name}` takes a text"))),
        };
        self.expect(&Token::Close)?;
        self.depth -= 1;
        Ok(operand)
    }

    fn property(&mut self, name: &str) -> Result<Operand, BadQuery> {
        let mut columns = (0..).map_while(|index| (self.column)(index).map(|column| (index, column)));
        let (index, column) = columns
            .find(|(_, column)| column.name.eq_ignore_ascii_case(name) && self.rules.has(column.name))
            .ok_or_else(|| BadQuery::because(format!("could not find a property named `{name}`")))?;
        match self.rules.filter_on(column.name) {
            PropertyFilter::Works | PropertyFilter::ComparesOnly => {}
            PropertyFilter::Refused => {
                return Err(BadQuery::because(format!("`{}` cannot be used in a filter", column.name)));
            }
            PropertyFilter::FindsNothing => self.judged = Some(false),
            PropertyFilter::Ignored => self.judged = Some(true),
        }
        if column.name == "Robot/Id" {
            self.robots += 1;
            if self.robots > self.rules.limits.robot_terms {
                let most = self.rules.limits.robot_terms;
                return Err(BadQuery::because(format!("`Robot/Id` may stand {most} times")));
            }
        }
        Ok(Operand::Property(Subject { column: index, folds: Vec::new() }, column))
    }

    fn count_term(&mut self) -> Result<(), BadQuery> {
        self.terms += 1;
        let most = self.rules.limits.expressions;
        if self.terms > most {
            return Err(BadQuery::because(format!("the filter has more than {most} expressions")));
        }
        Ok(())
    }

    fn next(&mut self) -> Result<Token, BadQuery> {
        self.tokens.next().ok_or_else(|| unexpected(None))
    }

    fn takes(&mut self, wanted: &Token) -> bool {
        self.tokens.next_if_eq(wanted).is_some()
    }

    fn takes_word(&mut self, wanted: &str) -> bool {
        self.tokens.next_if(|token| matches!(token, Token::Word(word) if word == wanted)).is_some()
    }

    fn expect(&mut self, wanted: &Token) -> Result<(), BadQuery> {
        if self.takes(wanted) { Ok(()) } else { Err(unexpected(self.tokens.peek())) }
    }
}

fn text_test(word: &str) -> Option<TextTest> {
    match word {
        "contains" => Some(TextTest::Contains),
        "startswith" => Some(TextTest::StartsWith),
        "endswith" => Some(TextTest::EndsWith),
        _ => None,
    }
}

fn op(word: &str) -> Option<Op> {
    match word {
        "eq" => Some(Op::Eq),
        "ne" => Some(Op::Ne),
        "gt" => Some(Op::Gt),
        "ge" => Some(Op::Ge),
        "lt" => Some(Op::Lt),
        "le" => Some(Op::Le),
        _ => None,
    }
}

fn unexpected(token: Option<&Token>) -> BadQuery {
    BadQuery::because(match token {
        None => "the filter ends too soon".to_owned(),
        Some(Token::Open) => "`(` stands where it cannot".to_owned(),
        Some(Token::Close) => "`)` stands where it cannot".to_owned(),
        Some(Token::Comma) => "`,` stands where it cannot".to_owned(),
        Some(Token::Quoted(text)) => format!("`'{}'` stands where it cannot", text.escape_debug()),
        Some(Token::Word(word)) => format!("`{word}` stands where it cannot"),
    })
}

/// Whether a bare word is a value: no property begins with a digit or sign, and a GUID may begin with a letter.
fn is_literal(word: &str) -> bool {
    matches!(word, "null" | "true" | "false")
        || word.starts_with(|c: char| c.is_ascii_digit() || c == '-')
        || Uuid::try_parse(word).is_ok()
}

fn compare(subject: Subject, info: Column, op: Op, token: &Token) -> Result<Filter, BadQuery> {
    Ok(Filter::Compare { subject, op, value: literal(token, info)? })
}

/// The value of `token` in the type of its column. Numbers, GUIDs, dates and members may be quoted.
fn literal(token: &Token, info: Column) -> Result<Value<'static>, BadQuery> {
    let (text, is_quoted) = match token {
        Token::Quoted(text) => (text.as_str(), true),
        Token::Word(word) => (word.as_str(), false),
        Token::Open | Token::Close | Token::Comma => return Err(unexpected(Some(token))),
    };
    if !is_quoted && text == "null" {
        return Ok(Value::Null);
    }
    let value = match info.kind {
        Kind::Bool => text.parse().ok().filter(|_| !is_quoted).map(Value::Bool),
        Kind::Int => text.strip_suffix(['L', 'l']).unwrap_or(text).parse().ok().map(Value::Int),
        Kind::Text => is_quoted.then(|| Value::Text(Cow::Owned(text.to_owned()))),
        Kind::Guid => Uuid::try_parse(text).ok().map(Value::Guid),
        Kind::Date => date(text).map(Value::Date),
        Kind::Enum(names) => names
            .iter()
            .position(|name| is_quoted && *name == text)
            .or_else(|| text.parse().ok().filter(|number| *number < names.len()))
            .map(|number| Value::Enum(names, number)),
        Kind::Json => None,
    };
    value.ok_or_else(|| BadQuery::because(format!("`{}` cannot be compared with `{}`", info.name, text.escape_debug())))
}

/// A moment with its offset, or a day, which begins at midnight UTC.
fn date(text: &str) -> Option<Timestamp> {
    text.parse().ok().or_else(|| if text.len() == 10 { format!("{text}T00:00:00Z").parse().ok() } else { None })
}
