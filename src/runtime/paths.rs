//! Paths in a container, as people write them and as the engine takes them.

/// As the engine writes it: `/var//log/` is `/var/log`.
pub(super) fn clean(path: &str) -> String {
    let mut parts = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_cleaned_as_the_engine_does() {
        for (written, wanted) in [
            ("/var/log", "/var/log"),
            ("/var/log/", "/var/log"),
            ("/var//log", "/var/log"),
            ("/var/./log/.", "/var/log"),
            ("/var/lib/../log", "/var/log"),
            ("/../var", "/var"),
            ("/", "/"),
            ("//", "/"),
        ] {
            assert_eq!(clean(written), wanted, "{written}");
        }
    }
}
