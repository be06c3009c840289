use std::fs;

use super::*;

const ID: &str = "4f8a";

struct Machine {
    dir: tempfile::TempDir,
}

impl Machine {
    fn new(files: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        Self { dir }
    }

    fn part(&self) -> Option<Part> {
        let process = Process { id: ID.to_owned(), pid: 77 };
        part(&self.dir.path().join("proc"), &self.dir.path().join("cgroup"), &process)
    }
}

fn used(cpu: u64, memory: u64) -> Part {
    Part { cpu: Some(Duration::from_millis(cpu)), memory: Some(memory) }
}

#[test]
fn version_2_is_read_where_the_process_says() {
    let place = "cgroup/custom.slice/box";
    let machine = Machine::new(&[
        ("proc/77/cgroup", "0::/custom.slice/box\n"),
        ("cgroup/cgroup.controllers", "cpu memory\n"),
        (&format!("{place}/cpu.stat"), "usage_usec 2500000\nuser_usec 1\nsystem_usec 2\n"),
        (&format!("{place}/memory.current"), "1000000\n"),
        (&format!("{place}/memory.stat"), "anon 5\ninactive_file 400000\nactive_file 7\n"),
    ]);
    assert_eq!(machine.part(), Some(used(2500, 600_000)));
}

#[test]
fn version_2_is_found_by_the_containers_id() {
    // Another name space, or a process that is hidden from golive.
    for groups in ["0::/../../system.slice\n", "0::/\n", ""] {
        let place = format!("cgroup/system.slice/docker-{ID}.scope");
        let machine = Machine::new(&[
            ("proc/77/cgroup", groups),
            ("cgroup/cgroup.controllers", "cpu memory\n"),
            ("cgroup/cpu.stat", "usage_usec 99\n"),
            ("cgroup/memory.current", "99\n"),
            (&format!("{place}/cpu.stat"), "usage_usec 1000\n"),
            (&format!("{place}/memory.current"), "10\n"),
        ]);
        assert_eq!(machine.part(), Some(used(1, 10)), "{groups}");
    }
}

#[test]
fn version_1_has_a_hierarchy_for_each() {
    let groups =
        format!("5:cpu,cpuacct:/docker/{ID}\n4:memory:/docker/{ID}\n1:name=systemd:/x\n0::/docker/{ID}\n");
    for hierarchy in ["cpuacct", "cpu,cpuacct"] {
        let machine = Machine::new(&[
            ("proc/77/cgroup", &groups),
            (&format!("cgroup/{hierarchy}/docker/{ID}/cpuacct.usage"), "3000000000\n"),
            (&format!("cgroup/memory/docker/{ID}/memory.usage_in_bytes"), "5000\n"),
            (
                &format!("cgroup/memory/docker/{ID}/memory.stat"),
                "inactive_file 1\ntotal_inactive_file 2000\n",
            ),
        ]);
        assert_eq!(machine.part(), Some(used(3000, 3000)), "{hierarchy}");
    }
}

#[test]
fn what_is_not_there_is_not_told() {
    assert_eq!(Machine::new(&[("cgroup/cgroup.controllers", "")]).part(), None);
    let only_memory = Machine::new(&[
        ("cgroup/cgroup.controllers", "memory"),
        (&format!("cgroup/docker/{ID}/memory.current"), "10\n"),
    ]);
    assert_eq!(only_memory.part(), Some(Part { cpu: None, memory: Some(10) }));
}

#[test]
fn containers_add_up() {
    assert_eq!(used(2, 30).and(&used(3, 40)), used(5, 70));
    assert_eq!(used(2, 30).and(&Part { cpu: None, memory: None }), used(2, 30));
    let memory = Part { cpu: None, memory: Some(5) };
    assert_eq!(memory.and(&used(2, 30)), used(2, 35));
}
