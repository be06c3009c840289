//! The host that all of it happens on, and the one daemon.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::time::Duration;

use golive_fixtures::engine::{containers_of, docker};
use golive_fixtures::host::Host;
use golive_fixtures::prometheus::Prometheus;
use serde_json::Value;

use crate::lanes::{self, Kind, Lane};

/// Nothing that is waited for here may take longer, with all that goes wrong meanwhile.
pub(crate) const PATIENCE: Duration = Duration::from_mins(3);

pub(crate) struct Stage {
    pub(crate) host: Host,
    pub(crate) lanes: Vec<Lane>,
    pub(crate) prometheus: Mutex<Prometheus>,
    /// Only one service at a time is bad: what goes wrong everywhere at once is nobody's release.
    pub(crate) bad: Mutex<()>,
    /// One image is built at a time.
    pub(crate) building: Mutex<()>,
    /// The volumes that any of its containers ever had.
    pub(crate) volumes: Mutex<BTreeSet<String>>,
    /// What weather comes next, the next one last.
    pub(crate) ahead: Mutex<Vec<&'static str>>,
    /// How often each kind of weather has been.
    pub(crate) weather: Mutex<BTreeMap<&'static str, usize>>,
}

impl Stage {
    /// The first version of each service is accepted.
    pub(crate) fn open() -> Self {
        let host = Host::logging("soak", "golive=info,warn");
        let prometheus = Prometheus::scraping(&format!("127.0.0.1:{}", host.port));
        host.write_rules("");
        let lanes = lanes::all(&host);
        let more = lanes.iter().map(Lane::rules).collect::<String>();
        std::fs::create_dir_all(host.path("rules.d")).unwrap();
        let text = format!("[prometheus]\nurl = \"{}\"\n{more}", prometheus.url());
        std::fs::write(host.path("rules.d/soak.toml"), text).unwrap();
        let check = host.golive(&["check"]);
        assert!(check.status.success(), "{}", String::from_utf8_lossy(&check.stderr));
        let stage = Self {
            host,
            lanes,
            prometheus: Mutex::new(prometheus),
            bad: Mutex::default(),
            building: Mutex::default(),
            volumes: Mutex::default(),
            ahead: Mutex::default(),
            weather: Mutex::default(),
        };
        let deploy = |lane: &Lane| lane.deploy(&stage, Kind::Good);
        let versions: Vec<String> = stage.lanes.iter().map(deploy).collect();
        stage.host.start();
        for (lane, version) in stage.lanes.iter().zip(versions) {
            lane.decided(&stage, &version, Kind::Good);
        }
        stage
    }

    /// What a command says, as JSON; null where it says none.
    pub(crate) fn json(&self, args: &[&str]) -> Value {
        serde_json::from_slice(&self.host.golive(args).stdout).unwrap_or(Value::Null)
    }

    pub(crate) fn until(&self, what: &str, holds: impl Fn() -> bool) {
        self.host.eventually_within(PATIENCE, what, holds);
    }

    /// Nothing is under way and nothing is waiting to be told.
    pub(crate) fn at_rest(&self) {
        self.until("every service is idle", || {
            let status = self.host.everything();
            let services = status["services"].as_array().cloned().unwrap_or_default();
            services.len() == self.lanes.len()
                && services.iter().all(|it| it["phase"] == "idle" && it["readiness"]["ready"] == true)
        });
        self.until("every delivery is sent", || self.deliveries().iter().all(|it| it["state"] != "pending"));
    }

    pub(crate) fn deliveries(&self) -> Vec<Value> {
        let deliveries = self.json(&["notify", "log", "--json", "--limit", "1000000"]);
        deliveries.as_array().cloned().expect("a list of deliveries")
    }

    /// A soak in which nothing happens shows nothing.
    pub(crate) fn happened(&self) {
        let weather = self.weather.lock().unwrap();
        println!("weather: {weather:?}");
        for kind in crate::weather::KINDS {
            assert!(weather.contains_key(kind), "no {kind}: {weather:?}");
        }
        let least = crate::CHAPTERS as usize;
        for lane in &self.lanes {
            let (good, bad) = lane.counts();
            println!("{}: {good} good releases, {bad} bad ones", lane.service);
            assert!(good >= least && bad >= least, "too few of them");
        }
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.host.kill();
        for id in containers_of(&self.host.name) {
            docker(&["rm", "-f", "-v", &id]);
        }
        docker(&["network", "rm", &format!("{}-set_default", self.host.name)]);
        for volume in self.volumes.get_mut().unwrap().iter() {
            docker(&["volume", "rm", volume]);
        }
    }
}
