use super::*;

fn head(headers: &[(&str, &str)]) -> Head {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Head { status: 200, headers: headers.collect() }
}

const GOOD: [(&str, &str); 3] = [
    ("strict-transport-security", "max-age=31536000; includeSubDomains"),
    ("x-content-type-options", "nosniff"),
    ("server", "nginx"),
];

#[test]
fn an_answer_for_programs_has_what_the_list_wants() {
    assert_eq!(wrong(&head(&GOOD), HeaderList::Api, true), [""; 0]);
    // Without TLS there is no promise to keep to it.
    assert_eq!(wrong(&head(&GOOD[1..]), HeaderList::Api, false), [""; 0]);
    assert_eq!(
        wrong(&head(&[]), HeaderList::Api, true),
        [
            "no strict-transport-security, wanted max-age=15552000 or more",
            "no x-content-type-options, wanted nosniff"
        ]
    );
}

#[test]
fn each_thing_that_is_wrong_is_named_with_what_was_seen() {
    for (name, value, seen) in [
        (
            "strict-transport-security",
            "max-age=300",
            "strict-transport-security is max-age=300, wanted max-age=15552000 or more",
        ),
        ("strict-transport-security", "max-age=\"99999999999999999999\"", "wanted max-age=15552000 or more"),
        ("x-content-type-options", "none", "x-content-type-options is none, wanted nosniff"),
        ("server", "nginx/1.18.0 (Ubuntu)", "server tells a version: nginx/1.18.0 (Ubuntu)"),
        ("x-powered-by", "Express\u{1b}[31m", "x-powered-by tells what it is made of: Express\\u{1b}[31m"),
    ] {
        let headers: Vec<(&str, &str)> =
            GOOD.iter().filter(|(own, _)| *own != name).copied().chain([(name, value)]).collect();
        let wrong = wrong(&head(&headers), HeaderList::Api, true);
        assert!(wrong.len() == 1 && wrong[0].contains(seen), "{name}: {wrong:?}");
    }
    let everybody = [("access-control-allow-origin", "*"), ("access-control-allow-credentials", "true")];
    let all = [&GOOD[..], &everybody].concat();
    assert_eq!(wrong(&head(&all), HeaderList::Api, true).len(), 1);
    assert_eq!(wrong(&head(&all[..all.len() - 1]), HeaderList::Api, true), [""; 0]);
}

#[test]
fn a_page_needs_more() {
    let page = [
        (
            "content-security-policy",
            "default-src 'none'; script-src 'self' 'unsafe-inline' 'nonce-abc'; frame-ancestors 'none'",
        ),
        ("referrer-policy", "no-referrer"),
        ("set-cookie", "id=1; Secure; HttpOnly; SameSite=Lax"),
    ];
    let all = [&GOOD[..], &page].concat();
    assert_eq!(wrong(&head(&all), HeaderList::Web, true), [""; 0]);
    let loose = [
        ("content-security-policy", "script-src 'self' 'unsafe-inline'"),
        ("referrer-policy", "unsafe-url"),
        ("set-cookie", "id=1; HttpOnly"),
        ("set-cookie", "lang=zh; Secure; HttpOnly; SameSite=Strict"),
    ];
    let found = wrong(&head(&[&GOOD[..], &loose].concat()), HeaderList::Web, true);
    assert_eq!(
        found,
        [
            "content-security-policy lets scripts be written into the page ('unsafe-inline')",
            "neither frame-ancestors nor x-frame-options: other sites may show it within theirs",
            "referrer-policy is unsafe-url, wanted strict-origin-when-cross-origin or stricter",
            "set-cookie id lacks secure, samesite",
        ]
    );
}

#[test]
fn the_list_has_its_date() {
    assert!(LIST.as_of.parse::<jiff::civil::Date>().is_ok());
    assert!(LIST.remove.iter().all(|name| *name == name.to_ascii_lowercase()));
}
