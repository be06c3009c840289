//! The XML that `JUnit` began and every test runner writes. Test cases are counted, not the attributes that tell of them.

use std::io::BufRead;

use super::reaches;
use super::xml::{attribute, elements};
use crate::model::figure::Figure;
use crate::model::policy::Ppm;
use crate::model::sample::Outcome;

#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Tests {
    passed: u64,
    failed: u64,
    skipped: u64,
    /// The first that failed.
    first: Option<String>,
}

pub(super) fn counted(file: &mut impl BufRead) -> Result<Tests, String> {
    let mut tests = Tests::default();
    // What the test case at hand has turned out as.
    let mut at_hand: Option<(String, Outcome)> = None;
    elements(file, |open, name, element| {
        if open.is_empty() && !matches!(name, "testsuites" | "testsuite") {
            return Err(format!("it is no JUnit report: it begins with <{name}>"));
        }
        let parent = open.last().map(String::as_str);
        match (name, parent) {
            ("testcase", _) => {
                tests.take(at_hand.take());
                let called = attribute(element, "name")?.unwrap_or_default();
                let not_run = matches!(attribute(element, "status")?.as_deref(), Some("notrun" | "disabled"));
                let outcome = if not_run { Outcome::Blind(String::new()) } else { Outcome::Ok };
                at_hand = Some((called, outcome));
            }
            ("failure" | "error", Some("testcase")) => {
                if let Some((_, outcome)) = &mut at_hand {
                    *outcome = Outcome::Failed(String::new());
                }
            }
            ("skipped" | "disabled", Some("testcase")) => {
                if let Some((_, outcome @ Outcome::Ok)) = &mut at_hand {
                    *outcome = Outcome::Blind(String::new());
                }
            }
            // What goes wrong outside of a test, as its set-up does, is one that has failed.
            ("failure" | "error", Some("testsuite")) => {
                tests.take(Some((String::new(), Outcome::Failed(String::new()))));
            }
            _ => {}
        }
        Ok(())
    })?;
    tests.take(at_hand.take());
    if tests.passed + tests.failed == 0 {
        return Err(format!("no test was run; {} were skipped", tests.skipped));
    }
    Ok(tests)
}

impl Tests {
    fn take(&mut self, test: Option<(String, Outcome)>) {
        match test {
            None => {}
            Some((_, Outcome::Ok)) => self.passed += 1,
            Some((_, Outcome::Blind(_))) => self.skipped += 1,
            Some((name, Outcome::Failed(_))) => {
                self.failed += 1;
                self.first.get_or_insert(name);
            }
        }
    }

    pub(super) fn judged(&self, wanted: Ppm) -> (Outcome, Figure) {
        let run = self.passed + self.failed;
        let figure = Figure::ratio(self.passed, run, wanted.ratio());
        if reaches(wanted, self.passed, run) {
            return (Outcome::Ok, figure);
        }
        let first = self.first.as_deref().filter(|name| !name.is_empty());
        let first = first.map_or_else(String::new, |name| format!(", {name} first"));
        (Outcome::Failed(format!("{} of {run} tests failed{first}", self.failed)), figure)
    }
}
