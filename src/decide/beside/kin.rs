//! Who depends on whom, directly or by way of others.

use std::collections::BTreeSet;

use crate::decide::State;
use crate::model::beside::Kin;

impl State {
    /// What another service has to do with this one.
    pub(super) fn kin(&self, service: &str, other: &str) -> Kin {
        if self.needs(other).contains(service) {
            // In a circle both suffer from each other, and the one that was released is the one to look at.
            Kin::Caller
        } else if self.needs(service).contains(other) {
            Kin::Needed
        } else {
            Kin::Apart
        }
    }

    /// Every service that this one depends on.
    fn needs<'a>(&'a self, service: &'a str) -> BTreeSet<&'a str> {
        let (mut found, mut open) = (BTreeSet::new(), vec![service]);
        while let Some(policy) = open.pop().and_then(|next| self.policy.services.get(next)) {
            // A check that is called like a service is of that service.
            let named = policy.needs.iter().chain(&policy.dependencies).map(String::as_str);
            let named = named.filter(|name| self.policy.services.contains_key(*name));
            open.extend(named.filter(|name| found.insert(*name)));
        }
        found
    }
}
