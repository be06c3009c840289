use super::*;

fn container() -> Inspect {
    Inspect::of(json!({
        "Id": "a04c8cb06b9f2f6a",
        "Created": "2026-03-02T03:00:00.4Z",
        "State": { "StartedAt": "2026-03-02T03:00:05.7Z" },
        "Mounts": [{ "Destination": "/data" }],
        "HostConfig": { "Tmpfs": { "/run//cache/": "" }, "Mounts": [{ "Target": "/m/" }] },
    }))
}

fn stat(modified: &str) -> Stat {
    serde_json::from_value(
        json!({ "name": "f", "size": 3, "mode": 420, "mtime": modified, "linkTarget": "" }),
    )
    .unwrap()
}

#[test]
fn what_was_put_there_is_told_from_what_the_program_wrote() {
    for (modified, wanted) in [
        ("2026-03-02T03:00:03Z", true), // by Compose, between creation and start
        ("2026-03-02T03:00:06Z", true), // the same, rounded up
        ("2024-01-01T00:00:00Z", true), // by `docker cp`, which keeps a file's time
        ("2024-01-01T00:00:00.123456789Z", true), // by a client that writes fractions of seconds
        ("1970-01-01T00:00:00Z", true), // by one that gives no time
        ("2026-03-02T03:00:05.701Z", false), // by the program, at its start
        ("2026-03-02T03:00:03.123Z", false), // by the program, before it was restarted
        ("2026-03-02T03:10:00Z", false), // by `docker cp` into what runs
    ] {
        assert_eq!(was_there(&container(), &stat(modified)), wanted, "{modified}");
    }
    let never_started = Inspect::of(json!({
        "Created": "2026-03-02T03:00:00.4Z",
        "State": { "StartedAt": "0001-01-01T00:00:00Z" },
    }));
    assert!(was_there(&never_started, &stat("2026-03-02T03:10:00.123Z")));
}

#[test]
fn what_came_with_a_container_is_what_was_changed_at_a_whole_second_as_it_was_made() {
    for (modified, wanted) in [
        ("2026-03-02T03:00:03Z", true),      // by Compose
        ("2026-03-02T03:00:00Z", true),      // the same, rounded down
        ("2026-03-02T03:00:06Z", true),      // or up
        ("1970-01-01T00:00:00Z", true),      // by one that gives no time
        ("2024-01-01T00:00:00Z", false),     // by `docker cp`, or by a program that unpacks something
        ("2026-03-02T03:00:05.701Z", false), // by the program
        ("2026-03-02T03:10:00Z", false),     // by whoever puts something into what runs
    ] {
        assert_eq!(mark::came_with_it(&container(), &stat(modified)), wanted, "{modified}");
    }
    let restarted = Inspect::of(json!({
        "Created": "2026-03-02T03:00:00.4Z",
        "State": { "StartedAt": "2026-03-09T03:00:05.7Z" },
    }));
    assert!(
        !mark::came_with_it(&restarted, &stat("2026-03-05T03:00:00Z")),
        "written before it was restarted"
    );
}

#[test]
fn files_alone_are_looked_at_and_nothing_that_lies_under_a_mount() {
    let paths =
        ["/etc", "/etc/app.conf", "/data", "/data/f", "/run", "/run/cache/x", "/m", "/etc/hosts", "/dev/x"];
    let changes = paths.map(|path| (path.to_owned(), false)).into();
    assert_eq!(worth_a_look(&container(), &changes), ["/etc/app.conf"]);
}

#[test]
fn what_lies_among_thousands_is_looked_at_last() {
    let mut changes: BTreeMap<String, bool> =
        (0..2000).map(|number| (format!("/cache/{number:04}"), false)).collect();
    changes.insert("/etc/app.conf".to_owned(), false);
    let looked_at = worth_a_look(&container(), &changes);
    assert_eq!((looked_at.len(), looked_at[0].as_str()), (LOOKS, "/etc/app.conf"));
}

#[test]
fn an_archive_is_made_of_others_with_owner_mode_and_time() {
    let one = |kind: tar::EntryType, data: &[u8]| {
        let mut header = tar::Header::new_ustar();
        header.set_entry_type(kind);
        header.set_size(data.len() as u64);
        header.set_mode(0o640);
        header.set_uid(1000);
        header.set_mtime(1_700_000_000);
        let mut builder = tar::Builder::new(Vec::new());
        if kind.is_symlink() {
            builder.append_link(&mut header, "name", "/target").unwrap();
        } else {
            builder
                .append_pax_extensions([("SCHILY.xattr.security.capability", b"\x01\0\x02".as_slice())])
                .unwrap();
            builder.append_data(&mut header, "name", data).unwrap();
        }
        builder.into_inner().unwrap()
    };
    let long = format!("/run/{}/name", "d".repeat(150));
    let mut builder = tar::Builder::new(Vec::new());
    let mut dir = one(tar::EntryType::Directory, b"");
    dir.extend(one(tar::EntryType::Regular, b"not read"));
    append(&mut builder, &dir, "/run/secrets").unwrap();
    append(&mut builder, &one(tar::EntryType::Regular, b"s3cret"), &long).unwrap();
    append(&mut builder, &one(tar::EntryType::Symlink, b""), "/link").unwrap();
    let whole = builder.into_inner().unwrap();
    let mut told = Vec::new();
    for entry in tar::Archive::new(whole.as_slice()).entries().unwrap() {
        let mut entry = entry.unwrap();
        let (path, header) = (entry.path().unwrap().display().to_string(), entry.header().clone());
        assert_eq!((header.mode().unwrap(), header.uid().unwrap()), (0o640, 1000), "{path}");
        assert_eq!(header.mtime().unwrap(), 1_700_000_000, "{path}");
        let attributes = entry.pax_extensions().unwrap().map_or(0, Iterator::count);
        let mut text = String::new();
        std::io::Read::read_to_string(&mut entry, &mut text).unwrap();
        told.push((path, attributes, text));
    }
    let wanted = [("run/secrets", 1, ""), (long.trim_start_matches('/'), 1, "s3cret"), ("link", 0, "")];
    assert_eq!(told, wanted.map(|(path, attributes, text)| (path.to_owned(), attributes, text.to_owned())));
}

#[test]
fn what_is_too_much_is_told() {
    let record = |left: &[&str]| Inspect::of(json!({ FILES: { "archive": "", "left": left } }));
    assert_eq!(lost(&record(&[])), None);
    let told = "/app.jar would be lost: put into the container before its start, and more than the 1024 KiB that golive \
                keeps";
    assert_eq!(lost(&record(&["/app.jar"])).as_deref(), Some(told));
    let told = lost(&record(&["/a", "/b", "/c", "/d", "/e"])).unwrap();
    assert!(told.starts_with("/a, /b, /c and 2 more would be lost"), "{told}");
}
