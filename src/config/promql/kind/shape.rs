//! What type an expression has to Prometheus: functions such as `label_replace`, and `or`, take instant vectors only.

use std::ops::Range;

use super::{DEPTH, number};
use crate::config::promql::{Expression, Token};

/// The type of an expression, as far as it matters for what can be put around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// An instant vector, or what cannot be told: most expressions are one.
    Vector,
    /// One number without labels.
    Scalar,
    /// A range vector or a string: nothing that can be judged.
    Other,
}

/// Functions that return a scalar.
const SCALARS: [&str; 3] = ["scalar", "time", "pi"];
/// Set operators take vectors and give one.
const SETS: [&str; 3] = ["and", "or", "unless"];

/// The type of a query.
pub fn shape_of(promql: &str) -> Shape {
    let Ok(expression) = Expression::of(promql.to_owned()) else { return Shape::Vector };
    expression.shape(0..expression.pieces.len(), DEPTH)
}

impl Expression {
    fn shape(&self, range: Range<usize>, depth: u32) -> Shape {
        let Some(depth) = depth.checked_sub(1) else { return Shape::Vector };
        let range = self.bare(range);
        let Some(operator) = self.weakest(&range) else {
            return self.operand_shape(self.trimmed(range), depth);
        };
        let set = SETS.contains(&self.word(operator.at).to_ascii_lowercase().as_str());
        let scalar = |range| self.shape(range, depth) == Shape::Scalar;
        if !set && scalar(range.start..operator.at) && scalar(operator.right..range.end) {
            Shape::Scalar
        } else {
            Shape::Vector
        }
    }

    /// Of what has no operator outside of brackets.
    fn operand_shape(&self, range: Range<usize>, depth: u32) -> Shape {
        if matches!(self.word_at(&range), "+" | "-") {
            return self.shape(range.start + 1..range.end, depth);
        }
        if number(&self.without_comments(range.clone())).is_some() {
            return Shape::Scalar;
        }
        let solid: Vec<usize> = self.top(range).filter(|at| self.solid(*at)).collect();
        match solid.as_slice() {
            [one] if self.pieces[*one].kind == Token::Quoted => Shape::Other,
            [name, open] if self.word(*open) == "(" && self.is_scalar_function(*name) => Shape::Scalar,
            _ if solid.iter().any(|at| self.word(*at) == "[") => Shape::Other,
            _ => Shape::Vector,
        }
    }

    fn is_scalar_function(&self, at: usize) -> bool {
        SCALARS.contains(&self.word(at).to_ascii_lowercase().as_str())
    }
}
