//! What a query's numbers mean: counters, rates of them, or anything else. The expression as a whole decides: a ratio
//! of rates is no rate, and a rate times 60 is one per minute.

use std::ops::Range;

mod shape;

use super::number::{duration, number};
use super::{Expression, Token};
pub use shape::{Shape, shape_of};

/// What the numbers of a query count.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// Events since some beginning, or what cannot be told from them: a bare name.
    Counter,
    /// Events per so many seconds, seen over a window of so many seconds.
    Rate {
        /// Seconds that the number is for.
        per: f64,
        /// Seconds that were looked at.
        window: f64,
    },
    /// No count of events: a ratio, a quantile, a share, a clock.
    Number,
}

impl Kind {
    /// In words.
    pub fn words(self) -> String {
        match self {
            Self::Counter => "counters".to_owned(),
            Self::Rate { per: 1.0, .. } => "per second".to_owned(),
            Self::Rate { per, .. } => format!("per {per} s"),
            Self::Number => "no counts".to_owned(),
        }
    }
}

/// A window that cannot be read is taken for this.
const WINDOW: f64 = 300.0;

/// Deeper expressions are not read.
const DEPTH: u32 = 64;

/// Functions and aggregations that give numbers of the kind that they take, with the argument that it is.
const KEEP: [(&str, usize); 25] = [
    ("sum", 0),
    ("avg", 0),
    ("min", 0),
    ("max", 0),
    ("topk", 1),
    ("bottomk", 1),
    ("limitk", 1),
    ("limit_ratio", 1),
    ("quantile", 1),
    ("abs", 0),
    ("ceil", 0),
    ("floor", 0),
    ("round", 0),
    ("clamp", 0),
    ("clamp_min", 0),
    ("clamp_max", 0),
    ("sort", 0),
    ("sort_desc", 0),
    ("label_replace", 0),
    ("label_join", 0),
    ("histogram_count", 0),
    ("last_over_time", 0),
    ("first_over_time", 0),
    ("min_over_time", 0),
    ("max_over_time", 0),
];

/// Functions that give rates of what they take, per second.
const RATES: [&str; 3] = ["rate", "irate", "deriv"];
/// The same, per the window that they look at.
const INCREASES: [&str; 3] = ["increase", "delta", "idelta"];

/// What adds series up, or picks some of them.
const AGGREGATIONS: [&str; 6] = ["sum", "count", "avg", "max", "min", "topk"];

/// What the last part of a recorded name begins with when it is no count, by the custom of `level:metric:operations`.
const RECORDED_NUMBERS: [&str; 6] = ["ratio", "mean", "avg", "p9", "p50", "quantile"];

/// What may stand between an operator and its right side; all but the first may have labels in brackets.
const MODIFIERS: [&str; 8] =
    ["bool", "on", "ignoring", "group_left", "group_right", "fill", "fill_left", "fill_right"];

/// What a piece of an expression gives.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Gives {
    /// The same number always.
    Constant(f64),
    Series(Kind),
}

const NUMBER: Gives = Gives::Series(Kind::Number);

/// What a query gives. One that cannot be read is taken for a counter, as a bare name is.
pub fn kind_of(promql: &str) -> Kind {
    let Ok(expression) = Expression::of(promql.to_owned()) else { return Kind::Counter };
    expression.kind(0..expression.pieces.len())
}

/// Whether series are added up in it.
pub fn adds_up(promql: &str) -> bool {
    let Ok(expression) = Expression::of(promql.to_owned()) else { return false };
    let next = |at: usize| {
        let mut after = (at + 1..expression.pieces.len()).filter(|at| expression.solid(*at));
        after.next().is_some_and(|at| matches!(expression.word(at), "(" | "by" | "without"))
    };
    (0..expression.pieces.len()).any(|at| AGGREGATIONS.contains(&expression.word(at)) && next(at))
}

impl Expression {
    /// What a part of it gives.
    pub(super) fn kind(&self, range: Range<usize>) -> Kind {
        match self.gives(range, DEPTH) {
            Gives::Constant(_) => Kind::Number,
            Gives::Series(kind) => kind,
        }
    }

    fn gives(&self, range: Range<usize>, depth: u32) -> Gives {
        let Some(depth) = depth.checked_sub(1) else { return NUMBER };
        let range = self.bare(range);
        let Some(Operator { at, right, .. }) = self.weakest(&range) else {
            return self.operand(range, depth);
        };
        let modified = |by: &str| self.top(at + 1..right).any(|at| self.word(at).eq_ignore_ascii_case(by));
        let word = self.word(at).to_ascii_lowercase();
        let sides = (self.gives(range.start..at, depth), self.gives(right..range.end, depth));
        match (word.as_str(), sides.0, sides.1) {
            ("and" | "unless", left, _) => left,
            // `… or vector(0)` fills gaps in.
            ("or", Gives::Series(left), Gives::Series(right)) => Gives::Series(left.and(right)),
            ("or", Gives::Constant(_), series @ Gives::Series(_)) => series,
            ("or", left, _) => left,
            ("=" | "!" | "<" | ">", ..) if modified("bool") => NUMBER,
            ("=" | "!" | "<" | ">", Gives::Constant(_), right) => right,
            ("=" | "!" | "<" | ">", left, _) => left,
            ("+" | "-", Gives::Series(left), Gives::Series(right)) => Gives::Series(left.and(right)),
            ("+" | "-", left, Gives::Constant(0.0)) => left,
            ("+", Gives::Constant(0.0), right) => right,
            ("*", Gives::Constant(left), Gives::Constant(right)) => Gives::Constant(left * right),
            ("/", Gives::Constant(left), Gives::Constant(right)) => Gives::Constant(left / right),
            ("*", Gives::Series(kind), Gives::Constant(by)) => Gives::Series(kind.times(by)),
            ("*", Gives::Constant(by), Gives::Series(kind)) => Gives::Series(kind.times(by)),
            ("/", Gives::Series(kind), Gives::Constant(by)) => Gives::Series(kind.times(by.recip())),
            // By a price, or by an information metric that has labels and is 1.
            ("*", rate @ Gives::Series(Kind::Rate { .. }), Gives::Series(Kind::Counter))
            | ("*", Gives::Series(Kind::Counter), rate @ Gives::Series(Kind::Rate { .. })) => rate,
            ("*", kind, Gives::Series(Kind::Counter)) if modified("group_left") => kind,
            ("*", Gives::Series(Kind::Counter), kind) if modified("group_right") => kind,
            _ => NUMBER,
        }
    }

    /// The operator that binds the weakest; the last one of several.
    fn weakest(&self, range: &Range<usize>) -> Option<Operator> {
        let solid: Vec<usize> = self.top(range.clone()).filter(|at| self.solid(*at)).collect();
        let is = |next: usize, word: &str| {
            solid.get(next).is_some_and(|at| self.word(*at).eq_ignore_ascii_case(word))
        };
        let (mut weakest, mut complete, mut next) = (None::<Operator>, false, 0);
        while let Some(&at) = solid.get(next) {
            let word = self.word(at).to_ascii_lowercase();
            next += 1;
            let binds = binds(&word).filter(|_| complete && !self.is_exponent(at));
            let Some(binds) = binds else {
                // A sign says nothing yet, nor does what wants a time behind it.
                complete = !matches!(word.as_str(), "+" | "-" | "offset" | "@");
                continue;
            };
            if matches!(word.as_str(), "=" | "!" | "<" | ">") && is(next, "=") {
                next += 1;
            }
            while let Some(modifier) = MODIFIERS.iter().find(|modifier| is(next, modifier)) {
                next += 1 + usize::from(*modifier != "bool" && is(next + 1, "("));
            }
            complete = false;
            let right = solid.get(next).copied().unwrap_or(range.end);
            if weakest.as_ref().is_none_or(|weakest| binds <= weakest.binds) {
                weakest = Some(Operator { binds, at, right });
            }
        }
        weakest
    }

    /// The `-` of `1e-9`.
    fn is_exponent(&self, at: usize) -> bool {
        let before = at.checked_sub(1).map(|before| self.word(before).to_ascii_lowercase());
        before.is_some_and(|word| word.strip_suffix('e').is_some_and(|digits| digits.parse::<f64>().is_ok()))
    }

    /// What has no operator outside of brackets.
    fn operand(&self, range: Range<usize>, depth: u32) -> Gives {
        let range = self.trimmed(range);
        match self.word_at(&range) {
            "+" => return self.gives(range.start + 1..range.end, depth),
            "-" => {
                return match self.gives(range.start + 1..range.end, depth) {
                    Gives::Constant(number) => Gives::Constant(-number),
                    Gives::Series(_) => NUMBER,
                };
            }
            _ => {}
        }
        let behind = |at: &usize| matches!(self.word(*at), "[" | "@" | "offset");
        match self.top(range.clone()).find(behind) {
            Some(end) => self.gives(range.start..end, depth),
            None => self.primary(range, depth),
        }
    }

    /// A number, a name, or a call.
    fn primary(&self, range: Range<usize>, depth: u32) -> Gives {
        let solid: Vec<usize> = self.top(range.clone()).filter(|at| self.solid(*at)).collect();
        let text = self.without_comments(range);
        if let Some(number) = number(&text) {
            return Gives::Constant(number);
        }
        let Some(first) = solid.first().filter(|at| self.pieces[**at].kind != Token::Quoted) else {
            return NUMBER;
        };
        let labels =
            |at: usize| matches!(self.word(solid[at]).to_ascii_lowercase().as_str(), "by" | "without");
        let call = (1..solid.len()).find(|at| self.word(solid[*at]) == "(" && !labels(at - 1));
        match call {
            Some(open) => self.call(self.word(*first), solid[open], depth),
            None => Gives::Series(recorded(self.word(*first))),
        }
    }

    /// A function or an aggregation with its arguments in these brackets.
    fn call(&self, name: &str, open: usize, depth: u32) -> Gives {
        let (mut arguments, mut from) = (Vec::new(), open + 1);
        let end = self.pieces[open].partner;
        for comma in self.top(from..end).filter(|at| self.word(*at) == ",") {
            arguments.push(from..comma);
            from = comma + 1;
        }
        arguments.push(from..end);
        let name = name.to_ascii_lowercase();
        if name == "vector" {
            return self.gives(arguments[0].clone(), depth);
        }
        if let Some(argument) = KEEP.iter().find(|(keeps, _)| *keeps == name).map(|(_, argument)| *argument) {
            return arguments.get(argument).map_or(NUMBER, |range| self.gives(range.clone(), depth));
        }
        // The mean of a counter counts nothing; that of rates is one.
        if matches!(name.as_str(), "avg_over_time" | "quantile_over_time") {
            let last = arguments.last().map_or(NUMBER, |range| self.gives(range.clone(), depth));
            return if last == Gives::Series(Kind::Counter) { NUMBER } else { last };
        }
        let window = || {
            let bracket = self.top(arguments[0].clone()).filter(|at| self.word(*at) == "[").last();
            let text = bracket.map(|at| self.without_comments(at + 1..self.pieces[at].partner));
            text.and_then(|text| duration(&text)).unwrap_or(WINDOW)
        };
        if RATES.contains(&name.as_str()) {
            return Gives::Series(Kind::Rate { per: 1.0, window: window() });
        }
        if INCREASES.contains(&name.as_str()) {
            return Gives::Series(Kind::Rate { per: window(), window: window() });
        }
        NUMBER
    }

    fn solid(&self, at: usize) -> bool {
        self.pieces[at].kind != Token::Blank
    }

    fn word_at(&self, range: &Range<usize>) -> &str {
        if range.is_empty() { "" } else { self.word(range.start) }
    }
}

impl Kind {
    /// Both, added up or one beside the other.
    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Counter, Self::Counter) => Self::Counter,
            (Self::Rate { per, window }, Self::Rate { per: also, window: longer })
                if (per - also).abs() <= per * 1e-9 =>
            {
                Self::Rate { per, window: window.max(longer) }
            }
            (Self::Counter | Self::Rate { .. } | Self::Number, _) => Self::Number,
        }
    }

    fn times(self, by: f64) -> Self {
        match self {
            Self::Rate { per, window } if by > 0.0 && by.is_finite() => Self::Rate { per: per * by, window },
            Self::Counter if by > 0.0 => Self::Counter,
            Self::Counter | Self::Rate { .. } | Self::Number => Self::Number,
        }
    }
}

/// An operator between two sides.
struct Operator {
    binds: u32,
    at: usize,
    /// Where its right side begins.
    right: usize,
}

/// How strongly an operator binds, by the sign that it begins with.
fn binds(word: &str) -> Option<u32> {
    Some(match word {
        "or" => 1,
        "and" | "unless" => 2,
        "=" | "!" | "<" | ">" => 3,
        "+" | "-" => 4,
        "*" | "/" | "%" | "atan2" => 5,
        "^" => 6,
        _ => return None,
    })
}

/// What a bare name is, by the custom of naming recorded series `level:metric:operations`.
fn recorded(name: &str) -> Kind {
    for operations in name.split(':').skip(1) {
        let rest = |of: &str| operations.strip_prefix(of).filter(|rest| !rest.starts_with(is_plain));
        if let Some(rest) = rest("rate").or_else(|| rest("irate")) {
            return Kind::Rate { per: 1.0, window: duration(rest).unwrap_or(WINDOW) };
        }
        if let Some(rest) = rest("increase") {
            let window = duration(rest).unwrap_or(WINDOW);
            return Kind::Rate { per: window, window };
        }
        if RECORDED_NUMBERS.iter().any(|number| operations.starts_with(number)) {
            return Kind::Number;
        }
    }
    Kind::Counter
}

fn is_plain(char: char) -> bool {
    char.is_alphabetic() || char == '_'
}

#[cfg(test)]
mod tests;
