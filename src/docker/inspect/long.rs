//! Texts of a container's description that are too long to be kept. What tells one from another is.

use serde_json::Value;

use crate::docker::digest;

/// In bytes: no argument and no variable of a program that runs is longer, so only labels are.
const LONGEST: usize = 128 << 10;

/// What stands for one that was longer: so many characters of it, and this with its hash.
const BEGINS: usize = 128;
const MARK: &str = "[too long for golive: sha256 ";

/// Whether there was any.
pub(super) fn cut(json: &mut Value) -> bool {
    match json {
        Value::String(text) if text.len() > LONGEST => {
            let begins: String = text.chars().take(BEGINS).collect();
            *text = format!("{begins}{MARK}{}]", digest::sha256(text));
            true
        }
        Value::Array(items) => items.iter_mut().map(cut).filter(|was| *was).count() > 0,
        Value::Object(fields) => fields.values_mut().map(cut).filter(|was| *was).count() > 0,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

pub(super) fn is_cut(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.contains(MARK))
}
