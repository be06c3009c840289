use serde_json::json;

use super::*;
use crate::docker::labels::compose::SERVICE;

fn member(service: &str, host: &Value) -> Member {
    Member::new(Inspect::of(json!({
        "Id": format!("id-{service}"),
        "Name": format!("/shop_{service}_1"),
        "Image": "sha256:1",
        "Config": { "Image": "shop:1", "Labels": { SERVICE: service } },
        "State": { "Status": "running" },
        "HostConfig": host,
    })))
}

#[test]
fn fellows_are_named_by_what_they_are_now() {
    let host = json!({
        "NetworkMode": "container:id-vpn",
        "PidMode": "container:other",
        "VolumesFrom": ["id-vpn:ro", "other"],
        "Links": ["/shop_vpn_1:/shop_api_1/vpn", "/other:/shop_api_1/o"],
    });
    let fellows = [member("api", &host), member("vpn", &json!({}))];
    let now = joined(&fellows[0].found, &fellows, |key| (key.service == "vpn").then_some("new"));
    assert_eq!(now.text("/HostConfig/NetworkMode"), "container:new");
    assert_eq!(now.text("/HostConfig/PidMode"), "container:other");
    assert_eq!(now.at("/HostConfig/VolumesFrom"), &json!(["new:ro", "other"]));
    assert_eq!(now.at("/HostConfig/Links"), &json!(["new:/shop_api_1/vpn", "/other:/shop_api_1/o"]));
    let alone = alone(&fellows[0].found, &fellows);
    assert_eq!(alone.text("/HostConfig/NetworkMode"), "none");
    assert_eq!(alone.at("/HostConfig/VolumesFrom"), &json!(["other"]));
    assert_eq!(alone.at("/HostConfig/Links"), &json!(["/other:/shop_api_1/o"]));
}

#[test]
fn a_successor_remembers_whether_it_is_to_run() {
    let api = member("api", &json!({})).found;
    let runs = joined(&api, &[], |_| None);
    assert_eq!(runs.label(ENDED), None);
    let mut json = api.at("").clone();
    json["State"] = json!({ "Status": "exited", "ExitCode": 0 });
    let done = joined(&Inspect::of(json), &[], |_| None);
    assert_eq!(done.label(ENDED), Some("0"));
    assert_eq!(joined(&done, &[], |_| None).label(ENDED), Some("0"));
}
