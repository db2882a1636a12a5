//! What memory there is: the machine's, and what this process and its container may have of it.

use std::fmt;
use std::fs;
use std::path::Path;

/// Memory that this process can still get.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Available {
    /// In bytes.
    pub bytes: u64,
    /// What sets this bound.
    pub bound: Bound,
}

/// What bounds the memory of this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// The machine's memory.
    Machine,
    /// A limit of the process on its address space or its data (`ulimit -v`, `ulimit -d`).
    Process,
    /// The memory limit of its control group: of a container, or of a job on a cluster.
    Group,
}

impl fmt::Display for Available {
    /// `12.0 GB of memory are available`, and by which limit.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of memory are available", super::text::bytes(self.bytes))?;
        match self.bound {
            Bound::Machine => Ok(()),
            Bound::Process => write!(f, " under the limit of this process (ulimit -v, ulimit -d)"),
            Bound::Group => write!(f, " under the memory limit of this container or job"),
        }
    }
}

/// The least of what the machine, the limits of the process and its control groups still give,
/// where that can be found out.
pub fn available() -> Option<Available> {
    let proc = Path::new("/proc");
    let group = in_groups(proc, Path::new("/sys/fs/cgroup"));
    let bounds =
        [(in_machine(proc), Bound::Machine), (in_process(proc), Bound::Process), (group, Bound::Group)];
    bounds
        .into_iter()
        .filter_map(|(bytes, bound)| Some(Available { bytes: bytes?, bound }))
        .min_by_key(|available| available.bytes)
}

/// What the limits of the process on its address space and data leave; `None` without limits.
pub fn left_by_process_limits() -> Option<u64> {
    in_process(Path::new("/proc"))
}

fn in_machine(proc: &Path) -> Option<u64> {
    field(&proc.join("meminfo"), "MemAvailable:").map(|kibibytes| kibibytes.saturating_mul(1024))
}

fn in_process(proc: &Path) -> Option<u64> {
    let status = proc.join("self/status");
    let left = |limit: Option<u64>, used: &str| {
        let used = field(&status, used).unwrap_or(0).saturating_mul(1024);
        limit.map(|limit| limit.saturating_sub(used))
    };
    let space = left(limit(libc::RLIMIT_AS), "VmSize:");
    let data = left(limit(libc::RLIMIT_DATA), "VmData:");
    space.into_iter().chain(data).min()
}

/// A limit of this process in bytes.
fn limit(resource: libc::__rlimit_resource_t) -> Option<u64> {
    let mut found = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: `found` is ours.
    let failed = unsafe { libc::getrlimit(resource, &mut found) } != 0;
    (!failed && found.rlim_cur != libc::RLIM_INFINITY).then_some(found.rlim_cur)
}

/// What the groups of this process and the groups around them leave.
///
/// * `mount`: where control groups are mounted. Inside a container its own group may be mounted
///   there as the root, under a path that `/proc/self/cgroup` does not know: both are looked at.
fn in_groups(proc: &Path, mount: &Path) -> Option<u64> {
    let groups = fs::read_to_string(proc.join("self/cgroup")).ok()?;
    let mut least: Option<u64> = None;
    for group in groups.lines() {
        // hierarchy:controllers:path; version 2 has no controllers.
        let mut parts = group.splitn(3, ':').skip(1);
        let (Some(controllers), Some(path)) = (parts.next(), parts.next()) else { continue };
        let roots: &[&str] = match controllers {
            "" => &["", "unified"],
            list if list.split(',').any(|name| name == "memory") => &["memory"],
            _ => continue,
        };
        for root in roots {
            let root = mount.join(root);
            for around in Path::new(path.trim_start_matches('/')).ancestors() {
                let left = left_in_group(&root.join(around));
                least = least.into_iter().chain(left).min();
            }
        }
    }
    least
}

fn left_in_group(group: &Path) -> Option<u64> {
    let number = |name: &str| fs::read_to_string(group.join(name)).ok()?.trim().parse::<u64>().ok();
    let (limit, used, cache) = match number("memory.max") {
        Some(limit) => (limit, number("memory.current")?, "inactive_file"),
        None => (number("memory.limit_in_bytes")?, number("memory.usage_in_bytes")?, "total_inactive_file"),
    };
    // Version 1 has a huge number for no limit.
    if limit >= 1 << 62 {
        return None;
    }
    // The cache of files counts as used and is given up first.
    let cache = field(&group.join("memory.stat"), cache).unwrap_or(0);
    Some(limit.saturating_sub(used.saturating_sub(cache)))
}

/// The number after a name at the start of a line.
fn field(path: &Path, name: &str) -> Option<u64> {
    let text = fs::read_to_string(path).ok()?;
    let mut lines = text.lines().map(str::split_whitespace);
    lines.find_map(|mut words| (words.next() == Some(name)).then(|| words.next()?.parse().ok())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(root: &Path, files: &[(&str, &str)]) {
        for (name, text) in files {
            let path = root.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
    }

    #[test]
    fn groups_of_both_versions_bound_memory() {
        let folder = tempfile::tempdir().unwrap();
        let (proc, mount) = (folder.path().join("proc"), folder.path().join("cgroup"));
        write(
            &proc,
            &[("self/cgroup", "0::/user/job\n"), ("meminfo", "MemTotal: 9 kB\nMemAvailable: 7 kB\n")],
        );
        assert_eq!(in_machine(&proc), Some(7 * 1024));
        assert_eq!(in_groups(&proc, &mount), None);
        let job = [("user/job/memory.max", "max\n"), ("user/job/memory.current", "5\n")];
        write(&mount, &job);
        assert_eq!(in_groups(&proc, &mount), None, "no limit");
        // The group around it has one; the cache of files does not count.
        write(
            &mount,
            &[
                ("user/memory.max", "1000\n"),
                ("user/memory.current", "700\n"),
                ("user/memory.stat", "anon 1\ninactive_file 300\n"),
            ],
        );
        assert_eq!(in_groups(&proc, &mount), Some(600));
        // Version 1, in a container that sees its own group as the root.
        write(&proc, &[("self/cgroup", "5:cpu:/\n4:memory,hugetlb:/docker/abc\n0::/\n")]);
        write(
            &mount,
            &[("memory/memory.limit_in_bytes", "500\n"), ("memory/memory.usage_in_bytes", "200\n")],
        );
        assert_eq!(in_groups(&proc, &mount), Some(300));
        write(&mount, &[("memory/memory.limit_in_bytes", "9223372036854771712\n")]);
        assert_eq!(in_groups(&proc, &mount), None);
    }

    #[test]
    fn this_machine_has_memory() {
        let available = available().unwrap();
        assert!(available.bytes > 1 << 20, "{available}");
        assert!(available.to_string().contains("of memory are available"));
    }
}
