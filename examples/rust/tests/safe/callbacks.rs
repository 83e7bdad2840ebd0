//! Progress callbacks: what they see, how they stop a run, and that their panics stay out of the library.
use crate::{dataset, inputs, trainer, weights};
use lottery::{option, Context, Dataset, Ended, Loss, Run, Scale, Scheme, State, Status};
use std::ops::ControlFlow;
use std::panic::{catch_unwind, panic_any, AssertUnwindSafe};

#[test]
fn a_callback_sees_iterations_and_stops() {
    let context = Context::new().unwrap();
    let dataset = dataset(&context);
    let mut trainer = trainer(&context, &dataset);
    trainer.set(option::trainer::PROGRESS_INTERVAL, 3).unwrap();
    let mut seen = Vec::new();
    let run = trainer.run_with(10, |progress| {
        assert!(progress.loss.is_finite());
        seen.push(progress.iteration);
        ControlFlow::Continue(())
    });
    assert_eq!((run, seen), (Ok(Run { done: 10, ended: Ended::Finished }), vec![3, 6, 9]));

    let run = trainer.run_with(10, |progress| match progress.iteration {
        15.. => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    });
    assert_eq!(run, Ok(Run { done: 5, ended: Ended::Stopped }));
    assert_eq!(trainer.iteration(), Ok(15));
}

#[test]
fn a_panic_goes_on_after_the_iteration_and_the_trainer_is_whole() {
    let context = Context::new().unwrap();
    let dataset = dataset(&context);
    let (mut panicked, mut plain) = (trainer(&context, &dataset), trainer(&context, &dataset));
    panicked.set(option::trainer::PROGRESS_INTERVAL, 4).unwrap();
    let panic = catch_unwind(AssertUnwindSafe(|| {
        panicked.run_with(100, |progress| {
            if progress.iteration == 8 {
                panic_any(progress.iteration);
            }
            ControlFlow::Continue(())
        })
    }));
    assert_eq!(panic.unwrap_err().downcast_ref::<u64>(), Some(&8));
    assert_eq!(panicked.iteration(), Ok(8));
    assert_eq!(panicked.run(12), Ok(Run { done: 12, ended: Ended::Finished }));
    plain.run(20).unwrap();
    assert_eq!(weights(panicked.network()), weights(plain.network()));
}

#[test]
fn a_callback_reads_and_may_not_change() {
    let context = Context::new().unwrap();
    let dataset = dataset(&context);
    let (mut watched, mut plain) = (trainer(&context, &dataset), trainer(&context, &dataset));
    watched.set(option::trainer::PROGRESS_INTERVAL, 5).unwrap();
    let (mut seen, mut snapshots) = (Vec::new(), Vec::new());
    watched
        .run_with(20, |progress| {
            let network = progress.trainer.network();
            let evaluation = progress.trainer.evaluate(&dataset).unwrap();
            assert_eq!(network.evaluate(&dataset, Loss::CrossEntropy), Ok(evaluation));
            seen.push((evaluation, weights(network)));
            let state = |result: lottery::Result<()>| assert_eq!(result.unwrap_err().status(), Status::State);
            state(network.initialise(Scheme::GlorotNormal, 1));
            state(network.set_mask(None));
            state(network.set(option::network::CROSSOVER, 1.0));
            network.snapshot().unwrap();
            snapshots.push(progress.trainer.snapshot(State::ALL).unwrap());
            assert_eq!(snapshots.last().unwrap().iteration(), Ok(progress.iteration));
            ControlFlow::Continue(())
        })
        .unwrap();
    assert_eq!(seen.len(), 4);
    for (evaluation, weights) in seen {
        plain.run(5).unwrap();
        assert_eq!((plain.evaluate(&dataset).unwrap(), crate::weights(plain.network())), (evaluation, weights));
    }
    watched.rewind(Some(&snapshots[1]), None, State::ALL).unwrap();
    watched.run(10).unwrap();
    assert_eq!(weights(watched.network()), weights(plain.network()));
}

#[test]
fn panics_do_not_mix_in_callbacks_of_callbacks() {
    struct Loud(Vec<f32>);
    impl AsRef<[f32]> for Loud {
        fn as_ref(&self) -> &[f32] {
            &self.0
        }
    }
    impl Drop for Loud {
        fn drop(&mut self) {
            panic_any("dropped");
        }
    }
    let context = Context::new().unwrap();
    let dataset = dataset(&context);
    let mut outer = trainer(&context, &dataset);
    outer.set(option::trainer::PROGRESS_INTERVAL, 1).unwrap();
    // A panic that a callback catches itself is over.
    let run = outer.run_with(2, |_| {
        let mut inner = trainer(&context, &dataset);
        inner.set(option::trainer::PROGRESS_INTERVAL, 1).unwrap();
        let panic = catch_unwind(AssertUnwindSafe(|| inner.run_with(5, |_| panic_any("inner"))));
        assert_eq!(panic.unwrap_err().downcast_ref(), Some(&"inner"));
        ControlFlow::Continue(())
    });
    assert_eq!(run, Ok(Run { done: 2, ended: Ended::Finished }));
    // One that it does not catch ends the run: here that of a buffer, which the library releases.
    let panic = catch_unwind(AssertUnwindSafe(|| {
        outer.run_with(2, |_| {
            drop(Dataset::own(&context, &[4], Loud(inputs()), Scale::NONE).unwrap());
            unreachable!("the panic goes on in drop");
        })
    }));
    assert_eq!(panic.unwrap_err().downcast_ref(), Some(&"dropped"));
    assert_eq!(outer.iteration(), Ok(3));
}

#[test]
fn cancelling_stops_until_it_is_taken_back() {
    let context = Context::new().unwrap();
    let dataset = dataset(&context);
    let mut trainer = trainer(&context, &dataset);
    trainer.set(option::trainer::PROGRESS_INTERVAL, 1).unwrap();
    let other = context.clone();
    let run = trainer.run_with(1000, |progress| {
        if progress.iteration == 7 {
            std::thread::scope(|scope| scope.spawn(|| other.cancel()).join().unwrap());
        }
        ControlFlow::Continue(())
    });
    assert_eq!(run, Ok(Run { done: 7, ended: Ended::Cancelled }));
    assert_eq!(trainer.run(5), Ok(Run { done: 0, ended: Ended::Cancelled }));
    context.resume();
    assert_eq!(trainer.run(5), Ok(Run { done: 5, ended: Ended::Finished }));
}
