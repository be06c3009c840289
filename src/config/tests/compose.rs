//! A set of a Compose project's services.

use super::load;
use crate::config::{Compose, Runtime};

#[test]
fn a_set_is_read_with_its_defaults() {
    let rules = |table: &str| format!("[service.a]\ncompose = {table}\nhealth.w.docker = true\n");
    let read = |table: &str| load(&rules(table)).unwrap().services["a"].runtime.clone();
    assert_eq!(read("{ project = \"shop\" }"), compose(&[], true));
    let some = read("{ project = \"shop\", services = [\"api\", \"w.2\"], retag = false }");
    assert_eq!(some, compose(&["api", "w.2"], false));
    let wrong = [
        ("{ }", "has no `project`"),
        ("\"shop\"", "write a table"),
        ("{ project = \"Shop\" }", "cannot be a Compose project"),
        ("{ project = \"shop\", services = [] }", "is empty"),
        ("{ project = \"shop\", services = [\"a\", \"a\"] }", "is there twice"),
        ("{ project = \"shop\", services = [\"a b\"] }", "cannot be a service"),
        ("{ project = \"shop\", retag = \"no\" }", "write true or false"),
        ("{ project = \"shop\", service = \"api\" }", "did you mean `services`?"),
    ];
    for (table, message) in wrong {
        let mistakes = load(&rules(table)).expect_err(table);
        assert_eq!(mistakes.iter().count(), 1, "{table}\n{mistakes}");
        assert!(mistakes.to_string().contains(message), "{table}\n{mistakes}");
    }
}

#[test]
fn two_sets_share_no_service() {
    let rules = |one: &str, two: &str| {
        let health = "health.w.docker = true";
        format!("[service.a]\ncompose = {one}\n{health}\n[service.b]\ncompose = {two}\n{health}\n")
    };
    let api = "{ project = \"shop\", services = [\"api\"] }";
    let apart = ["{ project = \"shop\", services = [\"worker\"] }", "{ project = \"blog\" }"];
    for other in apart {
        assert!(load(&rules(api, other)).is_ok(), "{other}");
    }
    for other in ["{ project = \"shop\", services = [\"db\", \"api\"] }", "{ project = \"shop\" }"] {
        let mistakes = load(&rules(api, other)).expect_err(other);
        assert_eq!(mistakes.iter().count(), 1, "{other}\n{mistakes}");
        assert!(mistakes.to_string().contains("carries the service `a` already"), "{mistakes}");
    }
}

fn compose(services: &[&str], retag: bool) -> Runtime {
    let services = services.iter().map(|name| (*name).to_owned()).collect();
    Runtime::Compose(Compose { project: "shop".to_owned(), services, retag })
}
