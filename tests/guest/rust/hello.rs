// Threads, channels, locks, a caught panic, collections, files. Prints fixed lines.
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{mpsc, Arc, Barrier, Condvar, Mutex, RwLock};
use std::thread;
use std::time::{Duration, Instant};

fn channels() -> u64 {
    let (send, receive) = mpsc::channel();
    let handles: Vec<_> = (0..8u64)
        .map(|t| {
            let send = send.clone();
            thread::spawn(move || (0..500).for_each(|i| send.send(t * 1000 + i).unwrap()))
        })
        .collect();
    drop(send);
    let sum = receive.iter().sum();
    handles.into_iter().for_each(|h| h.join().unwrap());
    sum
}

fn locks() -> (u64, u64) {
    let counter = Arc::new(Mutex::new(0u64));
    let table = Arc::new(RwLock::new(BTreeMap::new()));
    let barrier = Arc::new(Barrier::new(4));
    let atomic = Arc::new(AtomicU64::new(0));
    thread::scope(|scope| {
        for t in 0..4u64 {
            let (counter, table, barrier, atomic) = (&counter, &table, &barrier, &atomic);
            scope.spawn(move || {
                barrier.wait();
                for i in 0..1000 {
                    *counter.lock().unwrap() += 1;
                    atomic.fetch_add(i, Ordering::Relaxed);
                }
                table.write().unwrap().insert(t, t * t);
            });
        }
    });
    assert_eq!(table.read().unwrap().len(), 4);
    let total = *counter.lock().unwrap();
    (total, atomic.load(Ordering::SeqCst))
}

fn waiting() -> bool {
    let pair = Arc::new((Mutex::new(false), Condvar::new()));
    let other = pair.clone();
    let handle = thread::spawn(move || {
        thread::sleep(Duration::from_millis(10));
        *other.0.lock().unwrap() = true;
        other.1.notify_all();
    });
    let start = Instant::now();
    let mut ready = pair.0.lock().unwrap();
    while !*ready {
        ready = pair.1.wait(ready).unwrap();
    }
    drop(ready);
    handle.join().unwrap();
    start.elapsed() >= Duration::from_millis(10)
}

fn main() {
    println!("channels: {}", channels());
    let (counted, added) = locks();
    println!("locks: {counted} {added}");
    println!("condition: {}", waiting());
    std::panic::set_hook(Box::new(|_| {}));
    let caught = thread::spawn(|| panic!("as it should")).join().is_err();
    println!("panic: {caught}");
    std::fs::write("/tmp/guest-rust", "rust").unwrap();
    println!("file: {}", std::fs::read_to_string("/tmp/guest-rust").unwrap());
    std::fs::remove_file("/tmp/guest-rust").unwrap();
}
