//! Checks that are watched always: `always NAME every=TIME for=TIME tier=TIER`, and what they see.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{Story, duration};
use crate::decide::tests::fixture::{sample, secs};
use crate::model::event::Event;
use crate::model::notice::Tier;
use crate::model::policy::{Rule, RuleOf};
use crate::model::reason::Unit;

/// Unless it is said, as often as the configuration says.
const EVERY: Duration = Duration::from_mins(1);

pub(super) fn set(rules: &mut BTreeMap<String, Rule>, name: &str, settings: &[&str]) {
    let mut rule = Rule {
        of: RuleOf::Check,
        every: EVERY,
        above: None,
        below: None,
        lasts: secs(0),
        tier: Tier::General,
        unit: Unit::Plain,
    };
    for setting in settings {
        match setting.split_once('=') {
            None if *setting == "none" => {
                rules.remove(name);
                return;
            }
            Some(("every", value)) => rule.every = duration(value),
            Some(("for", value)) => rule.lasts = duration(value),
            Some(("tier", word)) => {
                let all = [Tier::Urgent, Tier::Important, Tier::General];
                rule.tier = all.into_iter().find(|tier| tier.into_str() == word).expect("a tier");
            }
            _ => panic!("no such setting: {setting}"),
        }
    }
    rules.insert(name.to_owned(), rule);
}

impl Story {
    /// `check backup fail "WHY" x3`: one as often as it is made; at that interval, too, where it is configured no more.
    pub(super) fn looked(&mut self, name: &str, said: &[&str]) {
        let every = self.world.policy.rules.get(name).map_or(EVERY, |rule| rule.every);
        self.looks(said, every, |at, outcome| {
            let sample = sample(name, at, outcome);
            (format!("check {name}"), Event::Checked { sample, figure: None })
        });
    }
}
