//! A container to be: at most one of each group, in any combination, and what is done to it afterwards.

use std::fmt;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::groups::GROUPS;
use super::networks::{Later, NETWORKS, Way};
use crate::engine::Bench;

pub(crate) type Change = fn(&mut Value, &Surroundings);

/// One container to be.
pub(crate) struct Options {
    /// Whether it runs when it is recorded.
    pub(crate) started: bool,
    /// Whether files are put into it before its start.
    pub(crate) files: bool,
    network: usize,
    /// Which of each group.
    chosen: Vec<Option<usize>>,
    updated: Option<usize>,
}

/// What there is to be joined and to be made of.
pub(crate) struct Surroundings {
    /// An image that has an entrypoint, labels of golive's and a volume with an unclean path.
    pub(crate) other: String,
    /// A running container with volumes, whose IPC others may join.
    pub(crate) side: String,
    pub(crate) side_id: String,
    pub(crate) front: String,
    pub(crate) front_id: String,
    pub(crate) back: String,
    pub(crate) third: String,
    pub(crate) volume: String,
    /// The first three numbers of the addresses in `front` and in `back`.
    pub(crate) subnets: [String; 2],
}

/// A change in place, by name.
type Update = (&'static str, fn() -> Value);

/// What `docker update` changes in place.
const UPDATES: [Update; 4] = [
    ("the memory", || json!({ "Memory": 134_217_728, "MemorySwap": 268_435_456 })),
    ("the processors", || json!({ "CpuShares": 256, "CpusetCpus": "0" })),
    ("the processes", || json!({ "PidsLimit": 64 })),
    ("the restart policy", || json!({ "RestartPolicy": { "Name": "on-failure", "MaximumRetryCount": 2 } })),
];

/// Arbitrary options. What fails loses one after the other.
pub(crate) fn any() -> impl Strategy<Value = Options> {
    let one_of_each: Vec<_> =
        GROUPS.iter().map(|group| prop::option::weighted(0.2, 0..group.len())).collect();
    let (started, files) = (prop::bool::weighted(0.4), prop::bool::weighted(0.3));
    let updated = prop::option::weighted(0.2, 0..UPDATES.len());
    (started, files, 0..NETWORKS.len(), one_of_each, updated).prop_map(
        |(started, files, network, chosen, updated)| Options { started, files, network, chosen, updated },
    )
}

impl Options {
    /// Every option once, with nothing besides.
    pub(crate) fn each() -> impl Iterator<Item = Self> {
        let plain = || Self {
            started: true,
            files: false,
            network: 0,
            chosen: vec![None; GROUPS.len()],
            updated: None,
        };
        let networks = (0..NETWORKS.len()).map(move |network| Self { network, ..plain() });
        let options =
            GROUPS.iter().enumerate().flat_map(|(at, group)| (0..group.len()).map(move |one| (at, one)));
        let options = options.map(move |(at, one)| {
            let mut options = plain();
            options.chosen[at] = Some(one);
            options
        });
        // What is run, of an image that has something to run of its own.
        let at = |name: &str| GROUPS.iter().position(|group| group[0].0 == name).unwrap();
        let (command, image) = (at("cmd"), at("the image with an entrypoint"));
        let commands = (0..GROUPS[command].len()).map(move |one| {
            let mut options = plain();
            (options.chosen[command], options.chosen[image]) = (Some(one), Some(0));
            options
        });
        let updates = (0..UPDATES.len()).map(move |one| Self { updated: Some(one), ..plain() });
        let created = Self { started: false, files: true, ..plain() };
        networks
            .chain(options)
            .chain(commands)
            .chain(updates)
            .chain([Self { files: true, ..plain() }, created])
    }

    /// For `POST /containers/create`.
    pub(crate) fn body(&self, image: &str, around: &Surroundings) -> Value {
        let mut body = json!({ "Image": image, "HostConfig": {} });
        self.way().1(&mut body, around);
        for (_, change) in self.features() {
            change(&mut body, around);
        }
        body
    }

    /// What is done to it before its start, as `docker network connect` and `disconnect` do.
    pub(crate) fn later(&self, around: &Surroundings) -> Vec<Later> {
        self.way().2(around)
    }

    /// For `POST /containers/ID/update`, while it runs where it does.
    pub(crate) fn update(&self) -> Option<Value> {
        self.updated.map(|at| UPDATES[at].1())
    }

    fn way(&self) -> &'static Way {
        &NETWORKS[self.network]
    }

    fn features(&self) -> impl Iterator<Item = &'static (&'static str, Change)> {
        GROUPS.iter().zip(&self.chosen).filter_map(|(group, chosen)| chosen.map(|at| &group[at]))
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = if self.started { "running" } else { "created" };
        let files = if self.files { ", with files" } else { "" };
        let features: Vec<&str> = self.features().map(|(name, _)| *name).collect();
        let updated = self.updated.map(|at| format!("; updated: {}", UPDATES[at].0)).unwrap_or_default();
        write!(formatter, "{state}{files}; {}; {}{updated}", self.way().0, features.join(", "))
    }
}

impl Surroundings {
    pub(crate) fn of(bench: &Bench) -> Self {
        let named = |what: &str| format!("{}-{what}", bench.prefix);
        let number = std::process::id() % 250;
        let subnets = [format!("10.214.{number}"), format!("10.215.{number}")];
        let (front, back, third) = (named("front"), named("back"), named("third"));
        let front_id =
            bench.docker(&["network", "create", "--subnet", &format!("{}.0/24", subnets[0]), &front]);
        bench.docker(&["network", "create", "--subnet", &format!("{}.0/24", subnets[1]), &back]);
        bench.docker(&["network", "create", &third]);
        let (side, volume) = (named("side"), named("volume"));
        bench.docker(&["volume", "create", &volume]);
        let args =
            ["--ipc", "shareable", "-v", "/shared", "-v", &format!("{volume}:/named"), "-e", "PORT=9000"];
        let side_id = bench.run(&side, &args, "v1");
        let changes = [
            "ENTRYPOINT [\"/bin/busybox\"]",
            "WORKDIR /bin",
            "VOLUME [\"/data\", \"/vol//inner/\"]",
            "ENV FROM_IMAGE=yes",
            "LABEL golive.version=v9 golive.irreversible=never golive.rollback=another",
            "HEALTHCHECK --interval=1h CMD true",
        ];
        let other = bench.image_with("other", &changes);
        Self { other, side, side_id, front, front_id, back, third, volume, subnets }
    }
}

pub(crate) fn mode(body: &mut Value, mode: &str) {
    body["HostConfig"]["NetworkMode"] = mode.into();
}

pub(crate) fn borrows(body: &Value) -> bool {
    body["HostConfig"]["NetworkMode"].as_str().is_some_and(|mode| mode.starts_with("container:"))
}
