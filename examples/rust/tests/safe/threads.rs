//! What the header's thread rules let threads do, in types and in fact.
use crate::{dataset, network, trainer, weights};
use lottery::{Archive, Context, Dataset, Error, Mask, Network, Pruner, Snapshot, State, Trainer};
use std::thread;

/// Does not compile for a type that has the trait: which of the two implementations is meant could not be told then.
macro_rules! assert_not {
    ($type:ty, $trait:path) => {
        const _: fn() = || {
            struct HasIt;
            trait Either<Which> {
                fn found() {}
            }
            impl<T: ?Sized> Either<()> for T {}
            impl<T: ?Sized + $trait> Either<HasIt> for T {}
            <$type as Either<_>>::found();
        };
    };
}
assert_not!(Network, Sync);
assert_not!(Trainer<'static>, Sync);
assert_not!(Pruner, Sync);
assert_not!(Archive, Sync);
assert_not!(Network, Clone);
assert_not!(Trainer<'static>, Clone);

const _: fn() = || {
    fn moves<T: Send>() {}
    fn shared<T: Send + Sync + Clone>() {}
    moves::<Network>();
    moves::<Trainer>();
    moves::<Pruner>();
    moves::<Archive>();
    moves::<Error>();
    shared::<Context>();
    shared::<Dataset>();
    shared::<Mask>();
    shared::<Snapshot>();
};

fn search(context: &Context, dataset: &Dataset) -> (Vec<f32>, Vec<u8>) {
    let mut trainer = trainer(context, dataset);
    let pruner = Pruner::new(context).unwrap();
    let initial = trainer.snapshot(State::ALL).unwrap();
    let mut mask = Mask::ones(trainer.network()).unwrap();
    for _ in 0..5 {
        trainer.rewind(Some(&initial), Some(&mask), State::ALL).unwrap();
        trainer.run(50).unwrap();
        mask = pruner.apply(trainer.network(), Some(&mask)).unwrap();
    }
    (weights(trainer.network()), mask.read(0).unwrap())
}

#[test]
fn threads_with_a_context_each_find_the_same() {
    let shared = dataset(&Context::new().unwrap());
    let alone = search(&Context::new().unwrap(), &shared);
    thread::scope(|scope| {
        let threads: Vec<_> = (0..2).map(|_| scope.spawn(|| search(&Context::new().unwrap(), &shared))).collect();
        for thread in threads {
            assert_eq!(thread.join().unwrap(), alone);
        }
    });
}

#[test]
fn a_trainer_goes_on_in_another_thread() {
    let context = Context::new().unwrap();
    let dataset = dataset(&context);
    let (mut stays, mut moves) = (trainer(&context, &dataset), trainer(&context, &dataset));
    stays.run(30).unwrap();
    moves.run(10).unwrap();
    let moved = thread::spawn(move || {
        moves.run(20).unwrap();
        moves
    });
    assert_eq!(weights(moved.join().unwrap().network()), weights(stays.network()));
}

#[test]
fn threads_share_masks_and_snapshots() {
    let network = network(&Context::new().unwrap());
    let (mask, snapshot) = (Mask::ones(&network).unwrap(), network.snapshot().unwrap());
    thread::scope(|scope| {
        for seed in 0..2 {
            let (mask, snapshot) = (mask.clone(), &snapshot);
            scope.spawn(move || {
                let other = crate::network(&Context::new().unwrap());
                other.set_mask(Some(&mask.shuffle(seed).unwrap())).unwrap();
                assert_eq!(other.restore(snapshot), Ok(None));
                assert_eq!(mask.hamming(&other.mask().unwrap()), Ok(0));
            });
        }
    });
}
