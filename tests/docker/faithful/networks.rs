//! Ways to be in networks: what is asked for at creation, and what is done to a container afterwards.

use serde_json::{Value, json};

use super::options::{Change, Surroundings, mode};

/// A hardware address that is asked for.
pub(crate) const MAC: &str = "02:00:5e:10:00:07";

/// Something that is done to a container after its creation, before it is started.
#[derive(Debug)]
pub(crate) enum Later {
    Joins(String, Value),
    Leaves(String),
}

type Then = fn(&Surroundings) -> Vec<Later>;

/// One way: a name, what it does to the body, what comes after that.
pub(crate) type Way = (&'static str, Change, Then);

pub(crate) const NETWORKS: [Way; 22] = [
    ("the default network", |_, _| {}, nothing),
    ("the default network with a hardware address", |body, _| body["MacAddress"] = MAC.into(), nothing),
    (
        "linked on the default network",
        |body, around| body["HostConfig"]["Links"] = json!([format!("{}:primary", around.side)]),
        nothing,
    ),
    ("bridge", |body, _| mode(body, "bridge"), nothing),
    ("none", |body, _| mode(body, "none"), nothing),
    ("host", |body, _| mode(body, "host"), nothing),
    (
        "host, with the host's name",
        |body, _| {
            mode(body, "host");
            body["HostConfig"]["UTSMode"] = "host".into();
        },
        nothing,
    ),
    ("another container's", |body, around| mode(body, &format!("container:{}", around.side_id)), nothing),
    ("no network at all", |body, _| body["NetworkDisabled"] = true.into(), nothing),
    ("one network", |body, around| mode(body, &around.front), nothing),
    ("one network by its id", |body, around| mode(body, &around.front_id), nothing),
    (
        "an address and aliases",
        |body, around| {
            mode(body, &around.front);
            let asked_for = json!({ "IPAMConfig": ip(&around.subnets[0]), "Aliases": ["shop", "web"] });
            endpoint(body, &around.front, &asked_for);
        },
        nothing,
    ),
    (
        "a hardware address",
        |body, around| {
            mode(body, &around.front);
            body["MacAddress"] = MAC.into();
        },
        nothing,
    ),
    (
        "linked in a network",
        |body, around| {
            mode(body, &around.front);
            endpoint(body, &around.front, &json!({ "Links": [format!("{}:primary", around.side)] }));
        },
        nothing,
    ),
    (
        "two networks",
        |body, around| mode(body, &around.front),
        |around| vec![joins(&around.back, json!({ "Aliases": ["inner"] }))],
    ),
    (
        "three networks with addresses",
        |body, around| {
            mode(body, &around.back);
            endpoint(body, &around.back, &json!({ "IPAMConfig": ip(&around.subnets[1]) }));
        },
        |around| vec![joins(&around.third, json!({})), joins(&around.front, addressed(around))],
    ),
    ("the default network and another", |_, _| {}, |around| vec![joins(&around.front, addressed(around))]),
    (
        "another network instead of the default one",
        |_, _| {},
        |around| vec![joins(&around.front, addressed(around)), Later::Leaves("bridge".to_owned())],
    ),
    (
        "two networks instead of the first one",
        |body, around| {
            mode(body, &around.front);
            body["MacAddress"] = MAC.into();
        },
        |around| {
            let (back, third) =
                (joins(&around.back, json!({ "Aliases": ["inner"] })), joins(&around.third, json!({})));
            vec![back, third, Later::Leaves(around.front.clone())]
        },
    ),
    (
        "off its only network",
        |body, around| mode(body, &around.front),
        |around| vec![Later::Leaves(around.front.clone())],
    ),
    ("off the default network", |_, _| {}, |_| vec![Later::Leaves("bridge".to_owned())]),
    (
        "its first network left and joined again",
        |body, around| mode(body, &around.front),
        |around| vec![Later::Leaves(around.front.clone()), joins(&around.front, addressed(around))],
    ),
];

fn nothing(_: &Surroundings) -> Vec<Later> {
    Vec::new()
}

fn joins(network: &str, endpoint: Value) -> Later {
    Later::Joins(network.to_owned(), endpoint)
}

fn addressed(around: &Surroundings) -> Value {
    json!({ "IPAMConfig": ip(&around.subnets[0]) })
}

fn endpoint(body: &mut Value, network: &str, endpoint: &Value) {
    body["NetworkingConfig"] = json!({ "EndpointsConfig": { network: endpoint } });
}

fn ip(subnet: &str) -> Value {
    json!({ "IPv4Address": format!("{subnet}.77") })
}
