//! Files and drop-ins.

use std::time::Duration;

use super::{Place, SERVICE, told};

#[test]
fn drop_ins_win_in_name_order_and_merge_key_by_key() {
    let place = Place::new();
    place.write(
        "rules.toml",
        format!("language = \"zh-CN\"\n{SERVICE}[service.api.watch]\nwindow = \"1m\"\n"),
    );
    place.write("rules.d/20.toml", "[service.api.watch]\nwindow = \"3m\"\n");
    place.write("rules.d/10.toml", "[service.api.watch]\nwindow = \"2m\"\ninterval = \"1s\"\n");
    place.write("rules.d/30.toml.off", "window = \"9m\"");
    place.write("rules.d/.hidden.toml", "window = \"9m\"");
    let config = place.load(&[]).unwrap();
    let api = &config.services["api"];
    assert_eq!((api.policy.window, api.policy.interval), (Duration::from_mins(3), Duration::from_secs(1)));
    assert_eq!(config.language, crate::config::Language::Chinese);
}

#[test]
fn a_mistake_names_the_layer_that_was_last() {
    let place = Place::new();
    place.write("rules.toml", format!("{SERVICE}[service.api.watch]\nwindow = \"soon\"\n"));
    place.write(
        "rules.d/10.toml",
        "[service.api.watch]\nwindow = \"later\"\ngrace = \"0s\"\n[service.db]\nrunbok = \"x\"",
    );
    insta::assert_snapshot!(place.told(&[]));
}

#[test]
fn no_file_at_all_is_one_mistake() {
    insta::assert_snapshot!(Place::new().told(&[]), @r"
    rules.toml: cannot be read: No such file or directory (os error 2)
      hint: write the file, or name another with --config
    ");
}

#[test]
fn files_that_are_no_text_are_told() {
    let place = Place::new();
    place.write("rules.toml", b"language = \"en\"\n# caf\xe9\n");
    place.write("rules.d/1.toml", "#".repeat((1 << 20) + 1));
    std::fs::create_dir(place.path("rules.d/2.toml")).unwrap();
    make_pipe(&place);
    insta::assert_snapshot!(place.told(&[]));
}

/// A pipe that nobody writes into, at which a careless reader would wait for ever.
fn make_pipe(place: &Place) {
    let made = std::process::Command::new("mkfifo").arg(place.path("rules.d/3.toml")).status().unwrap();
    assert!(made.success());
}

#[test]
fn a_file_of_the_largest_size_is_read() {
    let place = Place::new();
    place.write("rules.toml", "#".repeat(1 << 20));
    assert!(place.load(&[]).is_ok());
}

/// Whoever writes the rules says what golive runs.
#[test]
fn drop_ins_of_strangers_are_refused() {
    use std::os::unix::fs::{PermissionsExt, chown};
    let place = Place::new();
    let main = place.write("rules.toml", SERVICE);
    let drop_in = place.write("rules.d/1.toml", "language = \"zh-CN\"");
    assert!(place.load(&[]).is_ok());
    for mode in [0o666, 0o602] {
        std::fs::set_permissions(&drop_in, PermissionsExt::from_mode(mode)).unwrap();
        assert!(place.told(&[]).contains("rules.d/1.toml: is not read: everybody may write it"), "{mode:o}");
    }
    std::fs::set_permissions(&drop_in, PermissionsExt::from_mode(0o660)).unwrap();
    assert!(place.load(&[]).is_ok(), "a group is nobody's stranger");
    if super::super::uid() == 0 {
        chown(&drop_in, Some(4_000_000), None).unwrap();
        assert!(place.told(&[]).contains("is not read: it belongs to uid 4000000"));
        chown(&main, Some(4_000_000), None).unwrap();
        assert!(place.load(&[]).is_ok(), "they are all of one hand");
    }
}

#[test]
fn too_many_drop_ins_are_told() {
    let place = Place::new();
    place.write("rules.toml", "");
    for index in 0..101 {
        place.write(&format!("rules.d/{index:03}.toml"), "");
    }
    assert!(place.told(&[]).contains("rules.d: holds 101 files, and at most 100 are read"));
}

/// A file that cannot be read may hold what the others miss: only what is wrong in itself is told.
#[test]
fn a_broken_file_leaves_the_mistakes_of_the_others() {
    let place = Place::new();
    place.write(
        "rules.toml",
        "[service.api]\ncontainer = \"api\"\nrunbook = 3\n[alert.urgent]\nchannels = [\"oncall\"]",
    );
    place.write("rules.d/1.toml", "[channel.oncall\nwebhook = 1");
    insta::assert_snapshot!(place.told(&[]));
}

#[test]
fn every_error_of_syntax_is_told() {
    insta::assert_snapshot!(told("language = en\n[state]\nkeep = \"400d\nstate = \"x\"\n[state]\n"));
}

/// The `config` crate takes top-level keys for paths, and would make a list of that length.
#[test]
fn a_key_that_looks_like_an_index_is_only_unknown() {
    insta::assert_snapshot!(told("\"language[9999999999]\" = 1\n\"state.dir\" = \"/x\"\n"));
}

#[test]
fn numbers_beyond_all_bounds_have_a_place() {
    let text = format!("{SERVICE}[service.api.rollback]\nkeep = 99999999999999999999\nper-day = 1e999\n");
    insta::assert_snapshot!(told(&text));
}

#[test]
fn names_with_dots_stay_whole() {
    let place = Place::new();
    place.write("rules.toml", SERVICE.replace("service.api", "service.\"shop.api\""));
    assert_eq!(place.load(&[]).unwrap().services.keys().collect::<Vec<_>>(), ["shop.api"]);
}

#[test]
fn relative_paths_begin_beside_the_file() {
    let place = Place::new();
    let secret = place.write("secrets/hook", "whsec_x");
    place.write(
        "rules.toml",
        "[state]\ndir = \"state\"\n[channel.a]\nwebhook = { url-file = \"secrets/hook\" }\n[docker]\nsocket = \"unix:///run/d.sock\"",
    );
    let config = place.load(&[]).unwrap();
    assert_eq!(config.state_dir, place.path("state"));
    assert_eq!(config.docker_socket.to_str(), Some("/run/d.sock"));
    let crate::config::Way::Webhook(hook) = &config.channels["a"].way else { panic!("a webhook") };
    assert_eq!(hook.url, crate::config::Url::Secret(crate::config::Secret::File(secret)));
}
