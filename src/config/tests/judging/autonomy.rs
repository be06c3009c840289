//! What a trigger may do: as it is written there, else no more than its service.

use super::{Autonomy, service};

const ALL: [(&str, Autonomy); 4] =
    [("off", Autonomy::Off), ("shadow", Autonomy::Shadow), ("ask", Autonomy::Ask), ("auto", Autonomy::Auto)];

/// `SERVICE` ends within a check, so that the service's own word has to come from a table of its own.
fn of(service_word: &str, trigger: &str, business: &str) -> [Autonomy; 9] {
    let text = format!(
        "[service.api.trigger]\n{trigger}\n[service.api.business.fixed]\nquery = \"a\"\nbelow = 1\n{business}\n\
         [service.api.business.past]\nquery = \"a\"\nanomaly = {{}}\n{business}\n"
    );
    let variable = ("GOLIVE__SERVICE__API__AUTONOMY", service_word);
    let place = super::super::Place::new();
    place.write("rules.toml", format!("{}{}{text}", super::PROMETHEUS, super::SERVICE));
    let api = place
        .load(&[variable])
        .unwrap_or_else(|mistakes| panic!("{mistakes}"))
        .services
        .remove("api")
        .unwrap();
    let on = &api.policy.triggers;
    [
        api.policy.health_autonomy,
        on.error_rate.as_ref().unwrap().autonomy,
        on.latency.as_ref().unwrap().autonomy,
        on.resources.as_ref().unwrap().autonomy,
        on.business["fixed"].autonomy,
        on.crash_loop,
        on.business["past"].anomaly.as_ref().unwrap().autonomy,
        on.relative,
        on.flapping,
    ]
}

#[test]
fn what_is_not_written_is_the_lesser_of_the_service_and_the_default() {
    for (word, service) in ALL {
        let of = of(word, "", "");
        assert_eq!(of[..6], [service; 6], "{word}");
        assert_eq!(of[6..], [service.min(Autonomy::Ask); 3], "{word}");
    }
}

#[test]
fn what_is_written_stands_whatever_the_service_may() {
    for (service, _) in ALL {
        for (word, written) in ALL {
            let own = format!("autonomy = \"{word}\"");
            let trigger = format!(
                "health = {{ {own} }}\nerror-rate = {{ {own} }}\nlatency-p95 = {{ {own} }}\nresources = {{ {own} }}\n\
                 crash-loop = \"{word}\"\nrelative = \"{word}\"\nflapping = \"{word}\""
            );
            assert_eq!(of(service, &trigger, &own), [written; 9], "{word} at a service with {service}");
        }
    }
}

#[test]
fn a_trigger_that_is_off_by_autonomy_is_still_measured() {
    let api = service("[service.api.trigger]\nerror-rate = { autonomy = \"off\", query = \"a\" }\n");
    assert_eq!(api.policy.triggers.error_rate.unwrap().autonomy, Autonomy::Off);
    assert_eq!(api.measured.len(), 2);
}
