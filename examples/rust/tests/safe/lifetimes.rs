//! Handles go in any order and on any thread; buffers are dropped once, when nobody uses them; nothing leaks.
use crate::{dataset, inputs, labels, network, trainer, weights, Counting};
use lottery::{Context, Dataset, Mask, Pruner, Scale, State, Status, Trainer};
use std::any::Any;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::thread::{self, ThreadId};

/// One of each handle, all of which hold on to each other in the library.
fn one_of_each(context: Context) -> Vec<Box<dyn Any + Send>> {
    let dataset = dataset(&context);
    let (first, second) = dataset.split(20, 1).unwrap();
    let mut trainer = trainer(&context, &first);
    let mask = Mask::ones(trainer.network()).unwrap();
    let pruner = Pruner::new(&context).unwrap();
    let next = pruner.apply(trainer.network(), Some(&mask)).unwrap();
    trainer.rewind(None, Some(&next), State::NONE).unwrap();
    trainer.run(3).unwrap();
    let snapshot = trainer.snapshot(State::ALL).unwrap();
    vec![
        Box::new((context, mask)),
        Box::new((dataset, first)),
        Box::new(second),
        Box::new(trainer),
        Box::new(pruner),
        Box::new(next),
        Box::new(snapshot),
    ]
}

/// All orders of n things: Heap's algorithm, by what each order swaps in the one before.
fn orders(n: usize) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..n).collect();
    let mut counters = vec![0; n];
    let mut all = vec![order.clone()];
    let mut i = 1;
    while i < n {
        if counters[i] < i {
            order.swap(if i % 2 == 0 { 0 } else { counters[i] }, i);
            all.push(order.clone());
            counters[i] += 1;
            i = 1;
        } else {
            counters[i] = 0;
            i += 1;
        }
    }
    all
}

#[test]
fn handles_are_dropped_in_any_order() {
    static ALLOCATOR: Counting = Counting::allowing(i64::MAX);
    let orders = orders(7);
    assert_eq!(orders.len(), 5040);
    for order in orders.iter().step_by(7) {
        let mut handles: Vec<_> =
            one_of_each(Context::with_allocator(&ALLOCATOR).unwrap()).into_iter().map(Some).collect();
        assert!(ALLOCATOR.bytes() > 0);
        for &which in order {
            drop(handles[which].take());
        }
        assert_eq!(ALLOCATOR.bytes(), 0, "{:?}", order);
    }
}

#[test]
fn handles_are_dropped_on_other_threads() {
    static ALLOCATOR: Counting = Counting::allowing(i64::MAX);
    let handles = one_of_each(Context::with_allocator(&ALLOCATOR).unwrap());
    let threads: Vec<_> = handles.into_iter().map(|handle| thread::spawn(move || drop(handle))).collect();
    for thread in threads {
        thread.join().unwrap();
    }
    assert_eq!(ALLOCATOR.bytes(), 0);
}

#[test]
fn every_failed_allocation_is_an_error_and_leaves_nothing() {
    static ALLOCATOR: Counting = Counting::allowing(i64::MAX);
    fn all() -> lottery::Result<()> {
        let context = Context::with_allocator(&ALLOCATOR)?;
        let dataset = Dataset::own(&context, &[4], inputs(), Scale::NONE)?.with_labels(3, &labels())?;
        let network = lottery::Network::preset(&context, "mlp-4-6-3")?;
        network.initialise(lottery::Scheme::GlorotNormal, 1)?;
        let mut trainer = Trainer::new(network, Some(&dataset), 1)?;
        let snapshot = trainer.snapshot(State::ALL)?;
        let mask = Pruner::new(&context)?.apply(trainer.network(), None)?;
        trainer.run(2)?;
        trainer.rewind(Some(&snapshot), Some(&mask), State::ALL)
    }
    for allowed in 0..10_000 {
        ALLOCATOR.left.store(allowed, SeqCst);
        let result = all();
        assert_eq!(ALLOCATOR.bytes(), 0, "after {} allocations", allowed);
        match result {
            Ok(()) => {
                assert!(allowed > 20, "{} allocations in all", allowed);
                return;
            }
            Err(error) => assert_eq!(error.status(), Status::Memory, "{}", error),
        }
    }
    panic!("it never succeeds");
}

/// A buffer that says when it is dropped, and where.
struct Buffer {
    values: Vec<f32>,
    drops: Arc<Mutex<Vec<ThreadId>>>,
    panics: bool,
}

impl AsRef<[f32]> for Buffer {
    fn as_ref(&self) -> &[f32] {
        &self.values
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        self.values.fill(f32::NAN); // who still reads it will notice
        self.drops.lock().unwrap().push(thread::current().id());
        if self.panics {
            panic!("the buffer's own panic");
        }
    }
}

fn buffer(panics: bool) -> (Buffer, Arc<Mutex<Vec<ThreadId>>>) {
    let drops = Arc::new(Mutex::new(Vec::new()));
    (Buffer { values: inputs(), drops: drops.clone(), panics }, drops)
}

#[test]
fn an_owned_buffer_goes_with_its_last_user_in_that_thread() {
    let context = Context::new().unwrap();
    let (buffer, drops) = buffer(false);
    let owned = Dataset::own(&context, &[4], buffer, Scale::NONE).unwrap();
    let labelled = owned.with_labels(3, &labels()).unwrap();
    let mut trainer = trainer(&context, &labelled);
    drop(owned);
    drop(labelled);
    drop(context);
    trainer.run(10).unwrap(); // a buffer that was gone would give a loss that is no number
    assert!(drops.lock().unwrap().is_empty());
    let there = thread::spawn(move || {
        drop(trainer);
        thread::current().id()
    });
    let there = there.join().unwrap();
    assert_eq!(*drops.lock().unwrap(), [there]);
}

#[test]
fn a_buffer_is_dropped_when_no_dataset_comes_of_it() {
    let context = Context::new().unwrap();
    for shape in [&[3][..], &[0], &[1, 1, 2, 2]] {
        let (buffer, drops) = buffer(false);
        assert!(Dataset::own(&context, shape, buffer, Scale::NONE).is_err());
        assert_eq!(drops.lock().unwrap().len(), 1, "{:?}", shape);
    }
    struct Never(Arc<AtomicUsize>);
    impl AsRef<[f32]> for Never {
        fn as_ref(&self) -> &[f32] {
            panic!("no slice")
        }
    }
    impl Drop for Never {
        fn drop(&mut self) {
            self.0.fetch_add(1, SeqCst);
        }
    }
    let drops = Arc::new(AtomicUsize::new(0));
    let never = Never(drops.clone());
    assert!(catch_unwind(AssertUnwindSafe(|| Dataset::own(&context, &[4], never, Scale::NONE))).is_err());
    assert_eq!(drops.load(SeqCst), 1);
}

fn message(panic: Box<dyn Any + Send>) -> String {
    panic.downcast_ref::<&str>().map_or_else(|| "no text".to_string(), |text| text.to_string())
}

#[test]
fn a_buffers_panic_goes_on_after_the_library_returned() {
    static ALLOCATOR: Counting = Counting::allowing(i64::MAX);
    let context = Context::with_allocator(&ALLOCATOR).unwrap();
    let (buffer, drops) = buffer(true);
    let owned = Dataset::own(&context, &[4], buffer, Scale::NONE).unwrap();
    drop(context);
    let panic = catch_unwind(AssertUnwindSafe(|| drop(owned))).unwrap_err();
    assert_eq!(message(panic), "the buffer's own panic");
    assert_eq!(drops.lock().unwrap().len(), 1);
    assert_eq!(ALLOCATOR.bytes(), 0, "the library finished its work");
}

#[test]
fn copied_and_borrowed_inputs_are_the_same() {
    let context = Context::new().unwrap();
    let bytes: Vec<u8> = (0..128).map(|i| (i * 7 % 256) as u8).collect();
    let borrowed = Dataset::borrow(&context, &[4], &bytes, Scale::PIXELS).unwrap();
    let copied = {
        let gone = bytes.clone();
        Dataset::copy(&context, &[4], &gone, Scale::PIXELS).unwrap()
    };
    let floats: Vec<f32> = bytes.iter().map(|&byte| (byte as f64 / 255.0) as f32).collect();
    assert_eq!(borrowed.read_inputs(0, 32).unwrap(), copied.read_inputs(0, 32).unwrap());
    for (read, wanted) in copied.read_inputs(0, 32).unwrap().iter().zip(&floats) {
        assert!((read - wanted).abs() <= f32::EPSILON, "{} for {}", read, wanted);
    }
    let mut results = Vec::new();
    for dataset in [borrowed, copied] {
        let mut trainer = trainer(&context, &dataset.with_labels(3, &labels()).unwrap());
        trainer.run(20).unwrap();
        results.push(weights(trainer.network()));
    }
    assert_eq!(results[0], results[1]);
}

#[test]
fn a_rejected_trainer_gives_the_network_back() {
    let context = Context::new().unwrap();
    let dataset = Dataset::copy(&context, &[8], &inputs(), Scale::NONE).unwrap();
    let network = network(&context);
    let before = weights(&network);
    let rejected = Trainer::new(network, Some(&dataset), 1).err().unwrap();
    assert_eq!(rejected.error.status(), Status::Shape);
    assert_eq!(rejected.to_string(), rejected.error.to_string());
    assert_eq!(weights(&rejected.network), before);
    let trainer = Trainer::new(rejected.network, None, 1).unwrap();
    assert_eq!(weights(&trainer.into_network()), before);
}
