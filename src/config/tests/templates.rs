//! Templates are read with the configuration, from beside it.

use super::Place;

fn channel(template: &str) -> String {
    format!("[channel.a]\nwebhook = {{ url = \"http://a/\" }}\ntemplate = {template}\n")
}

#[test]
fn they_are_read_from_beside_the_configuration() {
    let place = Place::new();
    place.write("words/subject.j2", "{{ title }}");
    place.write("rules.toml", channel("{ subject-file = \"words/subject.j2\" }"));
    let config = place.load(&[]).unwrap();
    let templates = &config.channels["a"].templates;
    let subject = templates.subject.as_ref().unwrap();
    assert_eq!((subject.text.as_str(), &templates.body), ("{{ title }}", &None));
    assert_eq!(subject.file, place.path("words/subject.j2").display().to_string());
}

#[test]
fn each_that_cannot_be_read_is_a_mistake() {
    let place = Place::new();
    place.write("large.j2", "x".repeat(64 * 1024 + 1));
    place.write("bytes.j2", b"\xff");
    place.write("fits.j2", "x".repeat(64 * 1024));
    for (template, message) in [
        ("{ body-file = \"none.j2\" }", "channel.a.template.body-file: cannot be read: No such file"),
        ("{ body-file = \"large.j2\" }", "is larger than 64 KiB"),
        ("{ subject-file = \"bytes.j2\" }", "is not UTF-8 text"),
        ("{ subject-file = \"/\" }", "is not a regular file"),
        ("{}", "channel.a.template: names no file"),
        ("{ file = \"fits.j2\", body-file = \"fits.j2\" }", "channel.a.template.file: is not a known key"),
    ] {
        place.write("rules.toml", channel(template));
        let told = place.told(&[]);
        assert!(told.contains(message) && told.starts_with("rules.toml:3:"), "{template}: {told}");
    }
    place.write("rules.toml", channel("{ body-file = \"fits.j2\" }"));
    place.load(&[]).unwrap();
}
