//! Whether a command exits 0.

use super::seen::quote;
use crate::model::sample::Outcome;
use crate::program::{self, Ended, Left};

/// The look as a whole has a deadline, at which the command is given up.
pub(super) async fn look(argv: &[String]) -> Outcome {
    match program::run(argv, &[], None, Left::Killed).await {
        Ok(ended) if ended.status.success() => Outcome::Ok,
        Ok(ended) => {
            let code = ended.code().map_or_else(|| ended.status.to_string(), |code| format!("exit {code}"));
            let said = said(&ended);
            Outcome::Failed(if said.is_empty() { code } else { format!("{code}: {said}") })
        }
        Err(error) => Outcome::Blind(error.to_string()),
    }
}

/// The last line that it said.
fn said(ended: &Ended) -> String {
    let mut lines = ended.stdout.lines().chain(ended.stderr.lines()).filter(|line| !line.trim().is_empty());
    quote(lines.next_back().unwrap_or_default())
}

#[cfg(test)]
mod tests;
