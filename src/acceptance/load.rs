//! Whether a release bears a load: where one may go, what ends it before its time, and what its figures mean.

use std::future::Future;
use std::net::IpAddr;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream;

use super::{AT_ONCE, Found, Verdict, With};
use crate::config::acceptance::Load;
use crate::config::{Check, CheckKind, HttpCheck};
use crate::load::{LoadError, Progress, Spec, elsewhere};
use crate::model::phrase::Phrase;
use crate::model::sample::Outcome;
use crate::probe::Probe;

mod judged;

use judged::judged;

/// The service's health checks are looked at so often while a load is on it.
const LOOKS: Duration = Duration::from_secs(1);

/// Why a load is ended by whoever began it, or not begun at all.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Halt {
    /// That health check fails.
    Unhealthy { check: String, seen: String },
    /// The service is being rolled back.
    RollsBack,
}

/// Makes the run, in a process of its own.
pub(super) async fn borne(load: &Load, check: &Check, with: &With<'_>, told: impl FnMut(Progress)) -> Found {
    let CheckKind::Http(http) = &check.kind else {
        return Found::new(Verdict::NoData, "it is no check by `url`");
    };
    let aimed = with.tools.aimed(&http.url, &with.service.runtime, load.allow.as_deref());
    let addresses = match aimed.await {
        Ok(addresses) => addresses,
        Err(why) => return Found::said(Verdict::NoData, why),
    };
    let guard = Guard::new(with);
    if let Some(halt) = guard.halt_now().await {
        return Found::said(Verdict::NoData, halt.said("load.not-begun"));
    }
    let mut halted = None;
    let halt = async { halted = Some(guard.halt().await) };
    let made = elsewhere(&spec(load, http, addresses, with), halt, told).await;
    match made {
        Ok(report) => judged(load, report, halted.as_ref()),
        Err(LoadError::Busy) => Found::said(Verdict::NoData, Phrase::new("load.busy")),
        Err(error @ (LoadError::Refused(_) | LoadError::Lost(_))) => {
            Found::new(Verdict::NoData, error.to_string())
        }
    }
}

fn spec(load: &Load, http: &HttpCheck, addresses: Vec<IpAddr>, with: &With<'_>) -> Spec {
    Spec {
        url: http.url.clone(),
        addresses,
        method: http.method.clone(),
        send_headers: http.send_headers.clone(),
        status: http.status.clone(),
        ca_file: http.ca_file.clone(),
        rate: load.rate,
        lasts: load.lasts,
        warm_up: load.warm_up,
        timeout: load.timeout,
        connections: load.connections,
        beside: with.state_dir.to_owned(),
    }
}

/// What looks after the service meanwhile.
struct Guard<'a> {
    with: &'a With<'a>,
    probes: Vec<Probe>,
}

impl<'a> Guard<'a> {
    fn new(with: &'a With<'a>) -> Self {
        let one =
            |(name, check): (&String, &Check)| Probe::new(name, check, &with.service.runtime, with.tools);
        Self { with, probes: with.service.checks.iter().map(one).collect() }
    }

    /// Why nothing should be asked of the service now.
    async fn halt_now(&self) -> Option<Halt> {
        if *self.with.rolls_back.borrow() {
            return Some(Halt::RollsBack);
        }
        let looks: Vec<_> = self.probes.iter().map(|probe| probe.observe(self.with.clock)).collect();
        let mut looks = stream::iter(looks).buffer_unordered(AT_ONCE);
        while let Some(sample) = looks.next().await {
            if let Outcome::Failed(seen) = sample.outcome {
                return Some(Halt::Unhealthy { check: sample.check, seen });
            }
        }
        None
    }

    /// Comes when the load has to end.
    async fn halt(&self) -> Halt {
        tokio::select! {
            () = self.rolled_back() => Halt::RollsBack,
            halt = self.unhealthy() => halt,
        }
    }

    fn rolled_back(&self) -> impl Future<Output = ()> + use<> {
        let mut rolls_back = self.with.rolls_back.clone();
        async move {
            if rolls_back.wait_for(|rolls_back| *rolls_back).await.is_err() {
                // Nobody is left who could say so.
                std::future::pending().await
            }
        }
    }

    async fn unhealthy(&self) -> Halt {
        loop {
            tokio::time::sleep(LOOKS).await;
            if let Some(halt) = self.halt_now().await {
                return halt;
            }
        }
    }
}

impl Halt {
    /// The sentence of that name, which says why.
    fn said(&self, name: &'static str) -> Phrase {
        let sentence = Phrase::new(name);
        match self {
            Self::Unhealthy { check, seen } => sentence.text("check", check).text("seen", seen),
            Self::RollsBack => sentence.text("check", "").text("seen", ""),
        }
    }
}
