//! The lottery ticket hypothesis in one program, like examples/first_ticket.c: trains LeNet-300-100, prunes a fifth of
//! its weights, rewinds the rest to where they began, and repeats. Beside every ticket it trains a control: the same
//! mask with new random weights.
//!
//!     cargo run --release --example ticket DIRECTORY [ITERATIONS [LEVELS]]
//!
//! DIRECTORY holds MNIST's or Fashion-MNIST's four IDX files, plain or gzipped (examples/get_data.sh fetches them).
use lottery::{Context, Dataset, Mask, Network, Pruner, Result, Scheme, State, Status, Trainer};
use std::io::Write;
use std::path::Path;

fn load(context: &Context, directory: &Path, name: &str) -> Result<Dataset<'static>> {
    let load = |ending| {
        let path = |what| directory.join(format!("{}-{}-ubyte{}", name, what, ending));
        Dataset::load_idx(context, path("images-idx3"), Some(&path("labels-idx1")))
    };
    match load("") {
        Err(error) if error.status() == Status::File => load(".gz"),
        loaded => loaded,
    }
}

/// The iteration of least validation loss, and the test accuracy there.
#[derive(Default)]
struct Best {
    iteration: u64,
    accuracy: f64,
}

/// Trains, and measures the validation loss every 100 iterations.
fn train(trainer: &mut Trainer, iterations: u64, validation: &Dataset, test: &Dataset) -> Result<Best> {
    let mut best = Best::default();
    let mut least = f64::INFINITY;
    for iteration in (100..=iterations).step_by(100) {
        trainer.run(100)?;
        let loss = trainer.evaluate(validation)?.loss;
        if loss < least {
            least = loss;
            let correct = trainer.evaluate(test)?.correct;
            best = Best { iteration, accuracy: correct as f64 / test.len()? as f64 };
        }
    }
    Ok(best)
}

fn search(directory: &Path, iterations: u64, levels: u64) -> Result<()> {
    let context = Context::new()?;
    println!("{}\n", context.describe()?);

    let (all, test) = (load(&context, directory, "train")?, load(&context, directory, "t10k")?);
    let count = all.len()?;
    let (training, validation) = all.split(count - count / 12, 1)?; // MNIST: 55,000 and 5,000

    let network = Network::preset(&context, "lenet-300-100")?;
    network.initialise(Scheme::GlorotNormal, 2)?;
    let mut mask = Mask::ones(&network)?;
    let mut trainer = Trainer::new(network, Some(&training), 3)?; // Adam at 0.0012, batches of 60
    let pruner = Pruner::new(&context)?; // 20 % a level, by magnitude
    let initial = trainer.snapshot(State::ALL)?;

    println!("Test accuracy at the iteration of least validation loss, {} iterations a level:\n", iterations);
    println!("level  weights left   ticket           reinitialised");
    for level in 0..levels {
        trainer.rewind(Some(&initial), Some(&mask), State::ALL)?;
        let ticket = train(&mut trainer, iterations, &validation, &test)?;
        let next = pruner.apply(trainer.network(), Some(&mask))?; // looks at the ticket's trained weights
        let density = 100.0 * mask.kept()?.density();
        print!("{:5}  {:10.1} %   {:5.2} % at {:5}", level, density, 100.0 * ticket.accuracy, ticket.iteration);
        std::io::stdout().flush().expect("standard output");
        if level > 0 {
            // The control: same mask, same data, other initial weights.
            trainer.reset(State::OPTIMISER | State::POSITION)?;
            trainer.network().initialise(Scheme::GlorotNormal, 1000 + level)?;
            let control = train(&mut trainer, iterations, &validation, &test)?;
            print!("   {:5.2} % at {:5}", 100.0 * control.accuracy, control.iteration);
        }
        println!();
        mask = next;
    }
    Ok(())
}

fn main() {
    let mut arguments = std::env::args_os().skip(1);
    let directory = arguments.next();
    let mut number = |otherwise| match arguments.next() {
        Some(text) => text.to_str().and_then(|text| text.parse().ok()),
        None => Some(otherwise),
    };
    let (directory, iterations, levels) = match (directory, number(2000), number(16)) {
        (Some(directory), Some(iterations), Some(levels)) => (directory, iterations, levels),
        _ => {
            eprintln!("usage: ticket DIRECTORY [ITERATIONS [LEVELS]]");
            std::process::exit(2);
        }
    };
    if let Err(error) = search(Path::new(&directory), iterations, levels) {
        eprintln!("ticket: {}", error);
        std::process::exit(1);
    }
}
