//! Snapshots on other threads: they compile while edits arrive, stale ones end, and nobody waits for ever.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use rolebook_compiler::{BookFile, Cancelled, Compiled, Compiler, Snapshot, Workspace};

/// Longer than any of this takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs a test; fails where it does not come to an end, as it would in a deadlock.
fn watched(work: impl FnOnce() + Send + 'static) {
    let (done, ended) = mpsc::channel();
    let worker = thread::spawn(move || {
        work();
        // Nobody listens any more where it took too long.
        let _ = done.send(());
    });
    match ended.recv_timeout(PATIENCE) {
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("a deadlock: nothing ended within {PATIENCE:?}"),
        Ok(()) | Err(mpsc::RecvTimeoutError::Disconnected) => worker.join().expect("the test"),
    }
}

/// A book of some types; the version can be read off the names of its roles.
fn set(compiler: &mut Compiler, version: usize) {
    let file = |path: String, text: String| BookFile { path, bytes: text.into_bytes() };
    let mut files =
        vec![file("roles.rolebook".into(), format!("principal user\nrole admin\nrole member // {version}\n"))];
    for index in 0..8 {
        let edited = if index == version % 8 { version } else { 0 };
        files.push(file(
            format!("part{index}.rolebook"),
            format!(
                "resource note{index} {{\n  size: int\n  action view, edit\n}}\n\
                 condition small{index} = resource.size < {edited}\n\
                 matrix \"Notes {index}\" {{\n  action | admin | member\n  note{index}.view | yes | yes\n  note{index}.edit | yes | if small{index}\n}}\n"
            ),
        ));
    }
    let manifest = file("rolebook.yaml".into(), format!("name: threads\nversion: 0.0.{version}\nlanguage: 1\n"));
    compiler.set_book("threads", Some(manifest), files);
}

fn cold(version: usize) -> Compiled {
    let mut compiler = Compiler::new();
    set(&mut compiler, version);
    compiler.compile()
}

#[test]
fn handles_may_be_sent() {
    fn is_send<T: Send>() {}
    is_send::<Snapshot<Compiler>>();
    is_send::<Snapshot<Workspace>>();
    is_send::<Compiler>();
}

#[test]
fn snapshots_compile_while_edits_arrive_and_the_last_version_wins() {
    watched(|| {
        const EDITS: usize = 300;
        let mut compiler = Compiler::new();
        let (send, results) = mpsc::channel::<(usize, Result<Compiled, Cancelled>)>();
        let mut workers = Vec::new();
        for version in 1..=EDITS {
            set(&mut compiler, version);
            let (snapshot, send) = (compiler.snapshot(), send.clone());
            workers.push(thread::spawn(move || send.send((version, snapshot.compile())).expect("somebody listens")));
            // Some are let finish, some are overtaken.
            if version % 7 == 0 {
                thread::sleep(Duration::from_millis(3));
            }
        }
        drop(send);
        let found: BTreeMap<usize, Result<Compiled, Cancelled>> = results.into_iter().collect();
        workers.into_iter().for_each(|worker| worker.join().expect("a worker"));
        assert_eq!(found.len(), EDITS, "each worker came to an end and said so");
        let last = found[&EDITS].as_ref().expect("nothing was set after the last one");
        assert!(last.policy.is_some(), "{:?}", last.diagnostics);
        assert_eq!(*last, cold(EDITS));
        assert_eq!(compiler.compile(), cold(EDITS));
        let finished = found.iter().filter_map(|(version, result)| Some((version, result.as_ref().ok()?)));
        for (version, compiled) in finished.step_by(10) {
            assert_eq!(*compiled, cold(*version), "version {version}: never a mixture");
        }
    });
}

#[test]
fn stale_work_is_cancelled_and_ends() {
    watched(|| {
        let mut compiler = Compiler::new();
        for version in 1..=20 {
            set(&mut compiler, version);
            let (snapshot, (send, begun)) = (compiler.snapshot(), mpsc::channel());
            let worker = thread::spawn(move || {
                snapshot.read(|compiler| -> () {
                    send.send(()).expect("somebody waits");
                    // Ends in no other way.
                    loop {
                        compiler.compile();
                    }
                })
            });
            begun.recv().expect("it begins");
            set(&mut compiler, version + 100);
            assert_eq!(worker.join().expect("no panic"), Err(Cancelled));
        }
        assert_eq!(compiler.compile(), cold(120), "what was cancelled left nothing behind");
    });
}

#[test]
fn many_threads_find_the_same() {
    watched(|| {
        let mut compiler = Compiler::new();
        set(&mut compiler, 5);
        let snapshots: Vec<Snapshot<Compiler>> = (0..4).map(|_| compiler.snapshot()).collect();
        let workers: Vec<_> = snapshots.into_iter().map(|snapshot| thread::spawn(move || snapshot.compile())).collect();
        for worker in workers {
            assert_eq!(worker.join().expect("no panic"), Ok(cold(5)));
        }
    });
}

#[test]
fn setting_what_is_there_disturbs_nobody() {
    watched(|| {
        let mut compiler = Compiler::new();
        set(&mut compiler, 5);
        let (snapshot, (go, wait)) = (compiler.snapshot(), mpsc::channel::<()>());
        let worker = thread::spawn(move || {
            snapshot.read(|compiler| {
                wait.recv().expect("it goes on");
                compiler.compile()
            })
        });
        set(&mut compiler, 5);
        go.send(()).expect("somebody waits");
        assert_eq!(worker.join().expect("no panic"), Ok(cold(5)));
    });
}

#[test]
fn a_panic_of_a_worker_goes_on_and_leaves_the_compiler_whole() {
    watched(|| {
        let mut compiler = Compiler::new();
        set(&mut compiler, 1);
        let snapshot = compiler.snapshot();
        let caught = catch_unwind(AssertUnwindSafe(|| {
            snapshot.read(|compiler| -> () {
                compiler.compile();
                std::panic::resume_unwind(Box::new("mine"))
            })
        }));
        assert_eq!(caught.expect_err("it goes on").downcast_ref::<&str>(), Some(&"mine"));
        set(&mut compiler, 2);
        assert_eq!(compiler.compile(), cold(2));
    });
}
