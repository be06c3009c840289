//! What the other services show now, for the one whose release is watched.

use jiff::Timestamp;

use crate::decide::State;
use crate::decide::deployment;
use crate::decide::service::Service;
use crate::model::beside::{Beside, Busy, Other};
use crate::model::event::{Event, ServiceEvent};
use crate::model::facts::Phase;
use crate::model::policy::ServicePolicy;
use crate::model::reading::Stream;

impl State {
    /// What is to be told of others before this event, to the service that it is of: to be stepped, and recorded, first.
    pub fn beside(&self, now: Timestamp, event: &Event) -> Option<Event> {
        let Event::Service { service: name, what } = event else { return None };
        let (service, policy) = (self.services.get(name)?, self.policy.services.get(name)?);
        let news =
            matches!(what, ServiceEvent::Sampled(_) | ServiceEvent::Measured(_) | ServiceEvent::Died { .. });
        let judged = matches!(service.facts().phase, Phase::Watching(_) | Phase::Held { .. });
        if !news || !judged || service.standby_reason.is_some() || !service.others.due(now, service.uneasy())
        {
            return None;
        }
        let services = self.services.iter().filter(|(other, _)| *other != name);
        let services = services.filter_map(|(other, service)| {
            Some(self.of_service((name, other), now, service, self.policy.services.get(other)?))
        });
        let mut others: Vec<Other> = services.filter_map(|other| service.others.fresh(other)).collect();
        others.extend(service.others.of_checks(&service.dependencies, policy.interval));
        (!others.is_empty()).then(|| {
            let since = service.others.since.unwrap_or(now);
            let what = ServiceEvent::Beside(Beside { at: now, since, others });
            Event::Service { service: name.clone(), what }
        })
    }

    /// Everything that another service shows.
    fn of_service(
        &self,
        (name, other): (&str, &str),
        now: Timestamp,
        service: &Service,
        policy: &ServicePolicy,
    ) -> Other {
        let phase = &service.facts().phase;
        // Whoever is being deployed is neither well nor in trouble.
        let idle = *phase == Phase::Idle
            && !deployment::under_way(service, now)
            && service.seen.is_some()
            && service.standby_reason.is_none();
        let released = match phase {
            Phase::Watching(watch) => Some(watch.began),
            Phase::Idle
            | Phase::RollingBack(_)
            | Phase::Verifying(_)
            | Phase::Held { .. }
            | Phase::NeedsPerson { .. } => None,
        };
        let ticks = |stream: &Stream| if idle { service.triggers.ticks(stream, policy) } else { Vec::new() };
        Other {
            name: other.to_owned(),
            kin: self.kin(name, other),
            interval: policy.interval,
            busy: (!idle).then_some(Busy { released }),
            usual: idle.then(|| service.triggers.usual(now, policy)),
            errors: ticks(&Stream::Errors),
            slow: ticks(&Stream::Latency),
            looks: if idle { service.health.looks() } else { Vec::new() },
        }
    }
}
