//! How a release was configured, taken out of what it can be made again from, and what one release changed of it.
//!
//! A record is passed on, so that no value of the environment is in it: of each there is a hash with a key, which shows that a
//! value is another one and lets nobody find it out by trying.

use std::collections::BTreeMap;

use serde_json::Value;

use super::labels;
use super::spec::is_anonymous;

/// So many settings of one release are told apart; a set may have many members, and labels are no end.
const MOST: usize = 2_000;

/// A setting longer than this is told by its beginning.
const LONGEST: usize = 300;

/// Labels that say how it was deployed rather than how it is configured.
const DEPLOYED_BY: [&str; 3] = [labels::compose::PREFIX, labels::swarm::STACKS, labels::OURS];

/// By name, what each setting is: `env API_KEY`, `port 80/tcp`; in a set after its service.
type Settings = BTreeMap<String, String>;

/// The settings of a release by its record: a container, the members of a Compose project, the services of a Swarm.
pub(crate) fn of(inspect: &str, hashed: &dyn Fn(&str) -> String) -> Settings {
    let mut settings = Settings::new();
    let Ok(whole) = serde_json::from_str::<Value>(inspect) else { return settings };
    if let Some(members) = whole["members"].as_array() {
        for member in members {
            let of = &member["Config"]["Labels"];
            let service = of[labels::compose::SERVICE].as_str().or(member["Name"].as_str());
            // Every replica is made alike.
            container(member, service.unwrap_or_default(), hashed, &mut settings);
        }
    } else if let Some(services) = whole["services"].as_object() {
        for (name, spec) in services {
            swarm_service(spec, name, hashed, &mut settings);
        }
    } else {
        container(&whole, "", hashed, &mut settings);
    }
    settings
}

/// Takes settings in, each under the name of what it is of.
struct Taker<'a> {
    of: &'a str,
    hashed: &'a dyn Fn(&str) -> String,
    into: &'a mut Settings,
}

impl Taker<'_> {
    fn put(&mut self, name: &str, value: &str) {
        let of = if self.of.is_empty() { String::new() } else { format!("{} ", self.of) };
        let name: String = format!("{of}{name}").chars().take(LONGEST).collect();
        let value: String = value.chars().take(LONGEST).collect();
        if !value.is_empty() && (self.into.len() < MOST || self.into.contains_key(&name)) {
            self.into.insert(name, value);
        }
    }

    fn value(&mut self, name: &str, value: &Value) {
        let none = value.is_null() || *value == 0 || *value == false;
        let empty = value.as_array().is_some_and(Vec::is_empty);
        if !none && !empty {
            self.put(name, &plain(value));
        }
    }

    fn env(&mut self, env: &Value) {
        for variable in env.as_array().into_iter().flatten().filter_map(Value::as_str) {
            let (name, value) = variable.split_once('=').unwrap_or((variable, ""));
            let hash = (self.hashed)(value);
            self.put(&format!("env {name}"), &hash);
        }
    }

    fn labels(&mut self, labels: &Value) {
        for (name, value) in labels.as_object().into_iter().flatten() {
            if !DEPLOYED_BY.iter().any(|by| name.starts_with(by)) {
                self.value(&format!("label {name}"), value);
            }
        }
    }
}

fn container(inspect: &Value, of: &str, hashed: &dyn Fn(&str) -> String, into: &mut Settings) {
    let mut take = Taker { of: of.trim_start_matches('/'), hashed, into };
    let (config, host) = (&inspect["Config"], &inspect["HostConfig"]);
    take.value("image", &inspect["Image"]);
    take.env(&config["Env"]);
    take.labels(&config["Labels"]);
    for (name, value) in [
        ("command", &config["Cmd"]),
        ("entrypoint", &config["Entrypoint"]),
        ("user", &config["User"]),
        ("working directory", &config["WorkingDir"]),
        ("health check", &config["Healthcheck"]),
        ("stop signal", &config["StopSignal"]),
        ("memory limit", &host["Memory"]),
        ("cpu limit", &host["NanoCpus"]),
        ("cpu shares", &host["CpuShares"]),
        ("process limit", &host["PidsLimit"]),
        ("restart policy", &host["RestartPolicy"]),
        ("privileged", &host["Privileged"]),
        ("capabilities added", &host["CapAdd"]),
        ("capabilities dropped", &host["CapDrop"]),
        ("read-only", &host["ReadonlyRootfs"]),
        ("log driver", &host["LogConfig"]["Type"]),
    ] {
        take.value(name, value);
    }
    for (port, bound) in host["PortBindings"].as_object().into_iter().flatten() {
        take.value(&format!("port {port}"), bound);
    }
    for mount in inspect["Mounts"].as_array().into_iter().flatten() {
        let from = mount["Name"].as_str().or(mount["Source"].as_str()).unwrap_or_default();
        let mode = if mount["RW"] == false { " read-only" } else { "" };
        let name = format!("mount {}", mount["Destination"].as_str().unwrap_or_default());
        let from = if is_anonymous(from) { "anonymous" } else { from };
        take.put(&name, &format!("{from}{mode}"));
    }
    for name in inspect["NetworkSettings"]["Networks"].as_object().into_iter().flatten().map(|(name, _)| name)
    {
        take.put(&format!("network {name}"), "joined");
    }
}

fn swarm_service(spec: &Value, of: &str, hashed: &dyn Fn(&str) -> String, into: &mut Settings) {
    let mut take = Taker { of, hashed, into };
    let task = &spec["TaskTemplate"];
    let container = &task["ContainerSpec"];
    take.env(&container["Env"]);
    take.labels(&container["Labels"]);
    for (name, value) in [
        ("image", &container["Image"]),
        ("command", &container["Args"]),
        ("entrypoint", &container["Command"]),
        ("user", &container["User"]),
        ("health check", &container["Healthcheck"]),
        ("mounts", &container["Mounts"]),
        ("configs", &container["Configs"]),
        ("secrets", &container["Secrets"]),
        ("limits", &task["Resources"]),
        ("restart policy", &task["RestartPolicy"]),
        ("placement", &task["Placement"]),
        ("networks", &task["Networks"]),
        ("mode", &spec["Mode"]),
        ("ports", &spec["EndpointSpec"]["Ports"]),
    ] {
        take.value(name, value);
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(all) if all.iter().all(Value::is_string) => {
            all.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" ")
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            value.to_string()
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn hashed(value: &str) -> String {
        format!("#{}", value.len())
    }

    fn inspect() -> Value {
        json!({
            "Name": "/shop-api", "Image": "sha256:aa",
            "Config": {
                "Env": ["PASSWORD=hunter2", "EMPTY=", "BARE", "DSN=a=b"], "Cmd": ["serve", "--port", "80"],
                "Labels": {"team": "shop", "com.docker.compose.service": "api", "golive.by": "x"}, "User": ""
            },
            "HostConfig": {
                "Memory": 1024, "NanoCpus": 0, "Privileged": false, "RestartPolicy": {"Name": "always"},
                "PortBindings": {"80/tcp": [{"HostIp": "", "HostPort": "8080"}]}
            },
            "Mounts": [
                {"Type": "volume", "Name": "data", "Source": "/var/lib", "Destination": "/data", "RW": true},
                {"Type": "volume", "Name": "a".repeat(64), "Destination": "/tmp", "RW": false}
            ],
            "NetworkSettings": {"Networks": {"back": {"IPAddress": "172.18.0.2"}}}
        })
    }

    #[test]
    fn a_container_is_told_by_its_settings_and_no_secret_is_in_them() {
        let settings = of(&inspect().to_string(), &hashed);
        let told: Vec<String> = settings.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let wanted = [
            "command=serve --port 80",
            "env BARE=#0",
            "env DSN=#3",
            "env EMPTY=#0",
            "env PASSWORD=#7",
            "image=sha256:aa",
            "label team=shop",
            "memory limit=1024",
            "mount /data=data",
            "mount /tmp=anonymous read-only",
            "network back=joined",
            r#"port 80/tcp=[{"HostIp":"","HostPort":"8080"}]"#,
            r#"restart policy={"Name":"always"}"#,
        ];
        assert_eq!(told, wanted);
    }

    #[test]
    fn members_and_services_are_told_apart() {
        let set =
            json!({"left": [], "hosts": [], "members": [inspect(), {"Name": "/db", "Image": "sha256:bb"}]});
        let settings = of(&set.to_string(), &hashed);
        assert_eq!(settings["api image"], "sha256:aa");
        assert_eq!(settings["db image"], "sha256:bb");
        let spec = json!({"TaskTemplate": {"ContainerSpec": {"Image": "shop:2", "Env": ["TOKEN=secret"]}},
                          "Mode": {"Replicated": {"Replicas": 2}}});
        let settings = of(&json!({"services": {"shop_api": spec}}).to_string(), &hashed);
        assert_eq!(settings["shop_api image"], "shop:2");
        assert_eq!(settings["shop_api env TOKEN"], "#6");
        assert!(settings["shop_api mode"].contains('2'));
    }

    /// A record is whatever stands in the store.
    #[test]
    fn what_is_no_record_has_no_settings() {
        for text in ["", "null", "[]", "{", "{\"members\": 7}", "{\"Config\": {\"Env\": [7, null]}}", "7"] {
            assert_eq!(of(text, &hashed), Settings::new(), "{text}");
        }
        let many: Vec<String> = (0..5_000).map(|number| format!("V{number}=x")).collect();
        let settings = of(&json!({"Config": {"Env": many, "User": "u".repeat(5_000)}}).to_string(), &hashed);
        assert_eq!(settings.len(), MOST);
        let long = of(&json!({"Config": {"User": "ü".repeat(5_000)}}).to_string(), &hashed);
        assert_eq!(long["user"].chars().count(), LONGEST);
    }
}
