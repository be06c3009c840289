//! A load on a service in a container.

use golive_fixtures::engine::inspect;
use golive_fixtures::host::Host;
use serde_json::Value;

/// The service's own address in its network needs no word of the rules; a neighbour's does.
#[test]
fn a_load_goes_to_the_services_own_container_and_to_no_other() {
    let (host, neighbour) = (Host::new("load"), Host::new("load-neighbour"));
    host.deploy("1", &[]);
    neighbour.deploy("1", &[]);
    let verified = |of: &Host| {
        let address = inspect(&of.name, "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}");
        let item = format!(
            "[service.shop.acceptance.load]\nurl = \"http://{address}:8080/\"\nload = {{ rate = 20, for = \"1s\" }}\n"
        );
        host.write_rules(&item);
        let mut message = String::new();
        host.eventually("it answers", || {
            let told = host.golive(&["verify", "shop", "--local", "--json"]).stdout;
            let told: Value = serde_json::from_slice(&told).unwrap();
            told["items"][0]["message"].as_str().unwrap_or_default().clone_into(&mut message);
            !message.contains("the health check web fails")
        });
        message
    };
    let own = verified(&host);
    assert!(own.contains("P95 of 20 requests") && own.contains("20 answered, 0 never sent"), "{own}");
    let other = verified(&neighbour);
    assert!(other.contains("neither this host nor a container of the service"), "{other}");
}
