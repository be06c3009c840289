//! What there is to be asked for, one of each group at most.

use serde_json::{Value, json};

use super::options::{Change, borrows};

pub(crate) const GROUPS: [&[(&str, Change)]; 39] = [
    &[
        ("env", |b, _| b["Env"] = json!(["A=1", "EMPTY=", "B=x y=z", "APP_VERSION=mine"])),
        ("odd env", |b, _| b["Env"] = json!(["PATH=/bin:/x", "Z=2", "A=\n", "UNSET", "HOSTNAME=me"])),
    ],
    &[("the image with an entrypoint", |b, around| b["Image"] = around.other.as_str().into())],
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
        ("entrypoint alone", |b, _| b["Entrypoint"] = json!(["/bin/busybox", "sleep", "1000"])),
        ("a cleared entrypoint", |b, _| {
            b["Entrypoint"] = json!([""]);
            b["Cmd"] = json!(["/bin/busybox", "sleep", "1000"]);
        }),
        ("empty lists", |b, _| {
            b["Entrypoint"] = json!([]);
            b["Cmd"] = json!([]);
        }),
        ("odd arguments", |b, _| {
            b["Entrypoint"] = json!(["/bin/busybox", "sh", "-c"]);
            b["Cmd"] = json!(["sleep 1000", "", "a b", "$HOME", "\u{00fc}\n"]);
        }),
    ],
    &[
        ("workdir", |b, _| b["WorkingDir"] = "/tmp".into()),
        ("a directory that is not there", |b, _| b["WorkingDir"] = "/new//dir/".into()),
    ],
    &[("nulls and empty values", |b, _| {
        for (field, value) in [
            ("User", json!("")),
            ("Shell", json!(null)),
            ("OnBuild", json!(null)),
            ("StopSignal", json!("")),
            ("Domainname", json!("")),
            ("Volumes", json!(null)),
        ] {
            if b[field].is_null() {
                b[field] = value;
            }
        }
        for (field, value) in [
            ("Links", json!([])),
            ("Dns", json!([])),
            ("Ulimits", json!([])),
            ("Tmpfs", json!({})),
            ("SecurityOpt", json!(null)),
            ("LogConfig", json!({})),
        ] {
            if b["HostConfig"][field].is_null() {
                b["HostConfig"][field] = value;
            }
        }
    })],
    &[("attached", |b, _| {
        (b["AttachStdout"], b["AttachStderr"], b["AttachStdin"]) = (true.into(), true.into(), true.into());
    })],
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
    &[
        ("volumes without names", |b, _| b["Volumes"] = json!({ "/v1": {}, "/v/2": {} })),
        ("unclean volumes without names", |b, _| b["Volumes"] = json!({ "/v1/": {}, "/v//2": {} })),
    ],
    &[
        ("a bound volume", |b, around| b["HostConfig"]["Binds"] = json!([format!("{}:/n", around.volume)])),
        ("bound in many ways", |b, around| {
            let read_only = format!("{}:/n:ro", around.volume);
            b["HostConfig"]["Binds"] = json!([read_only, "/usr:/t", "/etc/hostname:/h:ro,rprivate"]);
        }),
        ("unclean paths bound", |b, around| {
            let volume = &around.volume;
            b["HostConfig"]["Binds"] =
                json!([format!("{volume}:/n/"), format!("{volume}:/o//p:ro"), "/usr/:/t/./"]);
        }),
        ("an unclean volume of the image bound", |b, around| {
            b["HostConfig"]["Binds"] = json!([format!("{}:/data/", around.volume)]);
        }),
        ("the image's volume bound", |b, around| {
            b["HostConfig"]["Binds"] = json!([format!("{}:/data:nocopy", around.volume)]);
        }),
    ],
    &[
        ("a mount without a name", |b, _| {
            b["HostConfig"]["Mounts"] = json!([{ "Type": "volume", "Target": "/m1" },
                { "Type": "volume", "Target": "/m2", "VolumeOptions": { "NoCopy": true,
                    "Labels": { "a": "b" } } }]);
        }),
        ("mounts", |b, around| {
            b["HostConfig"]["Mounts"] = json!([
                { "Type": "volume", "Source": around.volume, "Target": "/m1", "VolumeOptions": { "NoCopy": true } },
                { "Type": "bind", "Source": "/usr", "Target": "/m2", "BindOptions": { "Propagation": "rprivate" } },
                { "Type": "tmpfs", "Target": "/m3", "TmpfsOptions": { "SizeBytes": 1_048_576, "Mode": 448 } }]);
        }),
        ("unclean mounts", |b, around| {
            b["HostConfig"]["Mounts"] = json!([
                { "Type": "volume", "Target": "/m1/" },
                { "Type": "volume", "Source": around.volume, "Target": "/m//2" },
                { "Type": "tmpfs", "Target": "/m3/" }, { "Type": "bind", "Source": "/usr/", "Target": "/m4/" }]);
        }),
        ("mounts of a bind in all ways", |b, around| {
            b["HostConfig"]["Mounts"] = json!([
                { "Type": "bind", "Source": "/etc/hostname", "Target": "/m1", "ReadOnly": true,
                    "BindOptions": { "NonRecursive": true } },
                { "Type": "volume", "Source": around.volume, "Target": "/m2", "Consistency": "cached",
                    "VolumeOptions": { "DriverConfig": { "Name": "local" } } }]);
        }),
        ("the image's volume mounted", |b, _| {
            b["HostConfig"]["Mounts"] = json!([{ "Type": "volume", "Target": "/data" }]);
        }),
    ],
    &[
        ("tmpfs", |b, _| b["HostConfig"]["Tmpfs"] = json!({ "/run": "size=1m,noexec", "/x": "" })),
        ("unclean tmpfs", |b, _| {
            b["HostConfig"]["Tmpfs"] = json!({ "/x/": "size=1m,mode=700", "/y//z": "ro" })
        }),
    ],
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
        ("nodes of memory", |b, _| b["HostConfig"]["CpusetMems"] = "0".into()),
        ("shares of processors", |b, _| {
            let host = &mut b["HostConfig"];
            (host["CpuShares"], host["CpusetCpus"]) = (512.into(), "0".into());
            (host["CpuPeriod"], host["CpuQuota"]) = (50_000.into(), 25_000.into());
        }),
    ],
    &[
        ("reading and writing", |b, _| b["HostConfig"]["BlkioWeight"] = 300.into()),
        ("rates of a device", |b, _| {
            let rate = json!([{ "Path": "/dev/vda", "Rate": 10_485_760 }]);
            let host = &mut b["HostConfig"];
            (host["BlkioDeviceReadBps"], host["BlkioDeviceWriteIOps"]) = (rate.clone(), rate);
        }),
    ],
    &[
        ("swappiness", |b, _| b["HostConfig"]["MemorySwappiness"] = 10.into()),
        ("no killing", |b, _| b["HostConfig"]["OomKillDisable"] = true.into()),
        ("memory of the kernel", |b, _| b["HostConfig"]["KernelMemory"] = 50_331_648.into()),
    ],
    &[("a group of its own", |b, _| b["HostConfig"]["CgroupParent"] = "/golive-test".into())],
    &[("a runtime", |b, _| b["HostConfig"]["Runtime"] = "runc".into())],
    &[
        ("the host's name", |b, _| own(b, "UTSMode", "host".into())),
        ("the host's users", |b, _| b["HostConfig"]["UsernsMode"] = "host".into()),
        ("groups of its own", |b, _| b["HostConfig"]["CgroupnsMode"] = "private".into()),
    ],
    &[("a driver of volumes", |b, _| b["HostConfig"]["VolumeDriver"] = "local".into())],
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
