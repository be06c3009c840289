//! What a container can be asked for: at most one of each group, in any combination.

use std::fmt;

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::engine::Bench;

/// One container to be.
pub(crate) struct Options {
    /// Whether it runs when it is recorded.
    pub(crate) started: bool,
    network: usize,
    /// Which of each group.
    chosen: Vec<Option<usize>>,
}

/// What there is to be joined.
pub(crate) struct Surroundings {
    /// A running container with volumes, whose IPC others may join.
    side: String,
    side_id: String,
    front: String,
    front_id: String,
    back: String,
    third: String,
    volume: String,
    /// The first three numbers of the addresses in `front` and in `back`.
    subnets: [String; 2],
}

const MAC: &str = "02:00:5e:10:00:07";

type Change = fn(&mut Value, &Surroundings);

/// Ways to be in networks: a name, and what it does to the body.
const NETWORKS: [(&str, Change); 15] = [
    ("the default network", |_, _| {}),
    ("the default network with a hardware address", |body, _| body["MacAddress"] = MAC.into()),
    ("linked on the default network", |body, around| {
        body["HostConfig"]["Links"] = json!([format!("{}:primary", around.side)]);
    }),
    ("bridge", |body, _| mode(body, "bridge")),
    ("none", |body, _| mode(body, "none")),
    ("host", |body, _| mode(body, "host")),
    ("another container's", |body, around| mode(body, &format!("container:{}", around.side_id))),
    ("one network", |body, around| mode(body, &around.front)),
    ("one network by its id", |body, around| mode(body, &around.front_id)),
    ("an address and aliases", |body, around| {
        mode(body, &around.front);
        endpoint(
            body,
            &around.front,
            &json!({ "IPAMConfig": ip(&around.subnets[0]), "Aliases": ["shop", "web"] }),
        );
    }),
    ("a hardware address", |body, around| {
        mode(body, &around.front);
        body["MacAddress"] = MAC.into();
    }),
    ("linked in a network", |body, around| {
        mode(body, &around.front);
        endpoint(body, &around.front, &json!({ "Links": [format!("{}:primary", around.side)] }));
    }),
    ("two networks", |body, around| mode(body, &around.front)),
    ("three networks with addresses", |body, around| {
        mode(body, &around.back);
        endpoint(body, &around.back, &json!({ "IPAMConfig": ip(&around.subnets[1]) }));
    }),
    ("the default network and another", |_, _| {}),
];

const GROUPS: [&[(&str, Change)]; 30] = [
    &[("env", |b, _| b["Env"] = json!(["A=1", "EMPTY=", "B=x y=z", "APP_VERSION=mine"]))],
    &[
        ("labels", |b, _| b["Labels"] = json!({ "team": "shop", "app": "mine", "empty": "" })),
        ("compose", |b, _| {
            b["Labels"] = json!({ "com.docker.compose.project": "p", "com.docker.compose.service": "s",
                "com.docker.compose.container-number": "1", "com.docker.compose.config-hash": "00" });
        }),
    ],
    &[
        ("cmd", |b, _| b["Cmd"] = json!(["sh", "-c", "sleep 1000"])),
        ("entrypoint", |b, _| {
            b["Entrypoint"] = json!(["/bin/busybox"]);
            b["Cmd"] = json!(["sleep", "1000"]);
        }),
    ],
    &[("workdir", |b, _| b["WorkingDir"] = "/tmp".into())],
    &[("user", |b, _| b["User"] = "1000:1000".into()), ("root", |b, _| b["User"] = "0".into())],
    &[
        ("host name", |b, _| named(b, "Hostname", "shop-1".into())),
        ("host and domain", |b, _| {
            named(b, "Hostname", "shop".into());
            named(b, "Domainname", "example.org".into());
        }),
    ],
    &[("terminal", |b, _| {
        b["Tty"] = true.into();
        b["OpenStdin"] = true.into();
        b["StdinOnce"] = true.into();
    })],
    &[("stopping", |b, _| {
        b["StopSignal"] = "SIGUSR1".into();
        b["StopTimeout"] = 7.into();
    })],
    &[
        ("health", |b, _| {
            b["Healthcheck"] = json!({ "Test": ["CMD-SHELL", "true"], "Interval": 5_000_000_000_u64,
                "Timeout": 1_000_000_000_u64, "Retries": 2, "StartPeriod": 3_000_000_000_u64 });
        }),
        ("no health", |b, _| b["Healthcheck"] = json!({ "Test": ["NONE"] })),
    ],
    &[
        ("a random port", |b, _| {
            own(b, "PortBindings", json!({ "8080/tcp": [{ "HostIp": "127.0.0.1", "HostPort": "" }] }))
        }),
        ("ports of two kinds", |b, _| {
            named(b, "ExposedPorts", json!({ "9/udp": {}, "8080/tcp": {} }));
            let any =
                json!([{ "HostIp": "127.0.0.1", "HostPort": "" }, { "HostIp": "127.0.0.2", "HostPort": "" }]);
            own(b, "PortBindings", json!({ "9/udp": any }));
        }),
        ("all ports", |b, _| own(b, "PublishAllPorts", true.into())),
        ("exposed", |b, _| named(b, "ExposedPorts", json!({ "7/tcp": {} }))),
    ],
    &[("volumes without names", |b, _| b["Volumes"] = json!({ "/v1": {}, "/v/2": {} }))],
    &[
        ("a bound volume", |b, around| b["HostConfig"]["Binds"] = json!([format!("{}:/n", around.volume)])),
        ("bound in many ways", |b, around| {
            let read_only = format!("{}:/n:ro", around.volume);
            b["HostConfig"]["Binds"] = json!([read_only, "/tmp:/t", "/etc/hostname:/h:ro,rslave"]);
        }),
        ("the image's volume bound", |b, around| {
            b["HostConfig"]["Binds"] = json!([format!("{}:/data:nocopy", around.volume)]);
        }),
    ],
    &[
        ("a mount without a name", |b, _| {
            b["HostConfig"]["Mounts"] = json!([{ "Type": "volume", "Target": "/m1" },
                { "Type": "volume", "Target": "/m2", "ReadOnly": true, "VolumeOptions": { "NoCopy": true,
                    "Labels": { "a": "b" } } }]);
        }),
        ("mounts", |b, around| {
            b["HostConfig"]["Mounts"] = json!([
                { "Type": "volume", "Source": around.volume, "Target": "/m1", "VolumeOptions": { "NoCopy": true } },
                { "Type": "bind", "Source": "/tmp", "Target": "/m2", "BindOptions": { "Propagation": "rslave" } },
                { "Type": "tmpfs", "Target": "/m3", "TmpfsOptions": { "SizeBytes": 1_048_576, "Mode": 448 } }]);
        }),
        ("the image's volume mounted", |b, _| {
            b["HostConfig"]["Mounts"] = json!([{ "Type": "volume", "Target": "/data" }]);
        }),
    ],
    &[("tmpfs", |b, _| b["HostConfig"]["Tmpfs"] = json!({ "/run": "size=1m,noexec", "/x": "" }))],
    &[
        ("volumes from", |b, around| b["HostConfig"]["VolumesFrom"] = json!([around.side])),
        ("read-only volumes from", |b, around| {
            b["HostConfig"]["VolumesFrom"] = json!([format!("{}:ro", around.side_id)])
        }),
    ],
    &[
        ("a device", |b, _| {
            b["HostConfig"]["Devices"] = json!([{ "PathOnHost": "/dev/null", "PathInContainer": "/dev/x", "CgroupPermissions": "rw" }]);
        }),
        ("device rules", |b, _| b["HostConfig"]["DeviceCgroupRules"] = json!(["c 1:3 rwm"])),
        ("graphics processors", |b, _| {
            b["HostConfig"]["DeviceRequests"] = json!([{ "Driver": "", "Count": -1, "DeviceIDs": null,
                "Capabilities": [["gpu"]], "Options": {} }]);
        }),
    ],
    &[("ulimits", |b, _| {
        b["HostConfig"]["Ulimits"] = json!([{ "Name": "nofile", "Soft": 1000, "Hard": 2000 }, { "Name": "core", "Soft": 0, "Hard": 0 }]);
    })],
    &[
        ("log files", |b, _| {
            let options = json!({ "max-size": "1m", "max-file": "2", "labels": "team", "tag": "{{.Name}}" });
            b["HostConfig"]["LogConfig"] = json!({ "Type": "json-file", "Config": options });
        }),
        ("local log", |b, _| {
            b["HostConfig"]["LogConfig"] = json!({ "Type": "local", "Config": { "max-size": "1m" } })
        }),
        ("no log", |b, _| b["HostConfig"]["LogConfig"] = json!({ "Type": "none", "Config": {} })),
    ],
    &[
        ("always", |b, _| b["HostConfig"]["RestartPolicy"] = json!({ "Name": "always" })),
        ("unless stopped", |b, _| b["HostConfig"]["RestartPolicy"] = json!({ "Name": "unless-stopped" })),
        ("on failure", |b, _| {
            b["HostConfig"]["RestartPolicy"] = json!({ "Name": "on-failure", "MaximumRetryCount": 3 })
        }),
        ("--rm", |b, _| b["HostConfig"]["AutoRemove"] = true.into()),
    ],
    &[
        ("init", |b, _| b["HostConfig"]["Init"] = true.into()),
        ("no init", |b, _| b["HostConfig"]["Init"] = false.into()),
    ],
    &[
        ("memory", |b, _| b["HostConfig"]["Memory"] = 67_108_864.into()),
        ("memory and swap", |b, _| {
            let host = &mut b["HostConfig"];
            (host["Memory"], host["MemorySwap"], host["MemoryReservation"]) =
                (67_108_864.into(), (-1).into(), 33_554_432.into());
        }),
    ],
    &[
        ("processors", |b, _| b["HostConfig"]["NanoCpus"] = 500_000_000.into()),
        ("shares of processors", |b, _| {
            let host = &mut b["HostConfig"];
            (host["CpuShares"], host["CpusetCpus"]) = (512.into(), "0".into());
            (host["CpuPeriod"], host["CpuQuota"]) = (50_000.into(), 25_000.into());
        }),
    ],
    &[("limits", |b, _| {
        let host = &mut b["HostConfig"];
        (host["PidsLimit"], host["OomScoreAdj"], host["ShmSize"]) =
            (100.into(), 100.into(), 1_048_576.into());
    })],
    &[
        ("security", |b, _| {
            b["HostConfig"]["SecurityOpt"] = json!(["no-new-privileges", "seccomp=unconfined"])
        }),
        ("privileged", |b, _| b["HostConfig"]["Privileged"] = true.into()),
        ("paths", |b, _| {
            b["HostConfig"]["MaskedPaths"] = json!(["/proc/kcore"]);
            b["HostConfig"]["ReadonlyPaths"] = json!([]);
        }),
    ],
    &[("capabilities", |b, _| {
        b["HostConfig"]["CapAdd"] = json!(["NET_ADMIN", "SYS_TIME"]);
        b["HostConfig"]["CapDrop"] = json!(["MKNOD"]);
    })],
    &[("read-only", |b, _| b["HostConfig"]["ReadonlyRootfs"] = true.into())],
    &[("groups", |b, _| b["HostConfig"]["GroupAdd"] = json!(["1001", "1002"]))],
    &[("names", |b, _| {
        own(b, "Dns", json!(["10.0.0.53"]));
        own(b, "DnsSearch", json!(["example.org"]));
        own(b, "DnsOptions", json!(["ndots:2"]));
        own(b, "ExtraHosts", json!(["db:10.0.0.7", "cache:10.0.0.8"]));
        own(b, "Sysctls", json!({ "net.core.somaxconn": "512" }));
    })],
    &[
        ("the host's processes", |b, _| b["HostConfig"]["PidMode"] = "host".into()),
        ("another one's processes", |b, around| {
            b["HostConfig"]["PidMode"] = format!("container:{}", around.side_id).into()
        }),
    ],
    &[
        ("memory for others", |b, _| b["HostConfig"]["IpcMode"] = "shareable".into()),
        ("the host's memory", |b, _| b["HostConfig"]["IpcMode"] = "host".into()),
        ("another one's memory", |b, around| {
            b["HostConfig"]["IpcMode"] = format!("container:{}", around.side_id).into()
        }),
    ],
];

/// Arbitrary options. What fails loses one after the other.
pub(crate) fn any() -> impl Strategy<Value = Options> {
    let one_of_each: Vec<_> =
        GROUPS.iter().map(|group| prop::option::weighted(0.3, 0..group.len())).collect();
    (prop::bool::weighted(0.25), 0..NETWORKS.len(), one_of_each)
        .prop_map(|(started, network, chosen)| Options { started, network, chosen })
}

impl Options {
    /// For `POST /containers/create`.
    pub(crate) fn body(&self, image: &str, around: &Surroundings) -> Value {
        let mut body = json!({ "Image": image, "HostConfig": {} });
        NETWORKS[self.network].1(&mut body, around);
        for (_, change) in self.features() {
            change(&mut body, around);
        }
        body
    }

    /// Networks that are connected afterwards, as `docker network connect` does.
    pub(crate) fn further(&self, around: &Surroundings) -> Vec<(String, Value)> {
        let address = json!({ "IPAMConfig": ip(&around.subnets[0]) });
        match NETWORKS[self.network].0 {
            "two networks" => vec![(around.back.clone(), json!({ "Aliases": ["inner"] }))],
            "three networks with addresses" => {
                vec![(around.third.clone(), json!({})), (around.front.clone(), address)]
            }
            "the default network and another" => vec![(around.front.clone(), address)],
            _ => Vec::new(),
        }
    }

    fn features(&self) -> impl Iterator<Item = &'static (&'static str, Change)> {
        GROUPS.iter().zip(&self.chosen).filter_map(|(group, chosen)| chosen.map(|at| &group[at]))
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = if self.started { "running" } else { "created" };
        let features: Vec<&str> = self.features().map(|(name, _)| *name).collect();
        write!(formatter, "{state}; {}; {}", NETWORKS[self.network].0, features.join(", "))
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
        Self { side, side_id, front, front_id, back, third, volume, subnets }
    }
}

fn mode(body: &mut Value, mode: &str) {
    body["HostConfig"]["NetworkMode"] = mode.into();
}

fn endpoint(body: &mut Value, network: &str, endpoint: &Value) {
    body["NetworkingConfig"] = json!({ "EndpointsConfig": { network: endpoint } });
}

fn ip(subnet: &str) -> Value {
    json!({ "IPv4Address": format!("{subnet}.77") })
}

/// In the container's configuration, where the engine takes it beside that network.
fn named(body: &mut Value, field: &str, value: Value) {
    if !borrows(body) {
        body[field] = value;
    }
}

/// In the host's configuration, where the engine takes it beside that network.
fn own(body: &mut Value, field: &str, value: Value) {
    let refused = field == "Sysctls" && body["HostConfig"]["NetworkMode"] == "host";
    if !borrows(body) && !refused {
        body["HostConfig"][field] = value;
    }
}

fn borrows(body: &Value) -> bool {
    body["HostConfig"]["NetworkMode"].as_str().is_some_and(|mode| mode.starts_with("container:"))
}
