//! What is said of a set of containers.

use minijinja::context;

use super::{Texts, clean};
use crate::model::reason::{Beside, How, Lack, Scaled, SetReason};

impl Texts {
    pub(super) fn set(&self, reason: &SetReason) -> String {
        match reason {
            SetReason::Lacks(lacks) => self.joined(lacks.iter().map(|lack| self.lack(lack)), "and"),
            SetReason::Partly { removes, leaves, cause } => {
                let parts = [self.reason(cause)].into_iter().chain(self.not_put_back(removes, leaves));
                self.joined(parts, "and")
            }
            SetReason::Scaled(scaled) => self.joined(scaled.iter().map(|one| self.scaled(one)), "comma"),
            SetReason::Empty { left } => {
                let left = self.joined(left.iter().map(|service| clean(service)), "comma");
                self.say("set.empty", context! { left })
            }
        }
    }

    /// What a rollback does not put back as it was, a sentence each.
    pub fn not_put_back(&self, removes: &[String], leaves: &[Beside]) -> Vec<String> {
        let removes = self.joined(removes.iter().map(|service| clean(service)), "comma");
        let leaves = self.joined(leaves.iter().map(|beside| self.beside(beside)), "comma");
        let removes = (!removes.is_empty()).then(|| self.say("set.removes", context! { removes }));
        let leaves = (!leaves.is_empty()).then(|| self.say("set.leaves", context! { leaves }));
        removes.into_iter().chain(leaves).collect()
    }

    fn lack(&self, Lack { service, how }: &Lack) -> String {
        let service = clean(service);
        // As words: 0 would be taken for none.
        let code = |exit: &Option<i64>| exit.map(|exit| exit.to_string());
        match how {
            How::Missing => self.say("set.missing", context! { service }),
            How::Ended { name, exit } => {
                self.say("set.ended", context! { name => clean(name), exit => code(exit) })
            }
            How::Early { name, after } => {
                self.say("set.early", context! { name => clean(name), after => self.duration(*after) })
            }
            How::NeverWell { name, exit } => {
                self.say("set.never-well", context! { name => clean(name), exit => code(exit) })
            }
        }
    }

    fn beside(&self, Beside { service, then, now }: &Beside) -> String {
        let (then, now) = (then.as_deref().map(clean), now.as_deref().map(clean));
        self.say("set.beside", context! { service => clean(service), then, now })
    }

    fn scaled(&self, Scaled { service, from, to }: &Scaled) -> String {
        self.say("set.scaled", context! { service => clean(service), from, to })
    }

    fn joined(&self, parts: impl Iterator<Item = String>, by: &str) -> String {
        parts.collect::<Vec<_>>().join(&self.say(&format!("set.{by}"), context! {}))
    }
}
