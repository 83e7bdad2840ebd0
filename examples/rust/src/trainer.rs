//! Trainers: train a network, iteration by iteration, and rewind it.
use crate::error::{check_length, Error, Result};
use crate::handle::Handle;
use crate::network::examples;
use crate::option::{self, Key, Store, Value};
use crate::{raw, text, unwind, Dataset, Evaluation, Mask, Network, Slot, Snapshot, State};
use std::fmt;
use std::marker::PhantomData;
use std::ops::ControlFlow;
use std::os::raw::c_void;
use std::ptr::{null, null_mut};

/// Trains a network, which it owns: the two must stay in one thread. `'d` is the life of the dataset's inputs.
pub struct Trainer<'d> {
    pub(crate) handle: Handle<raw::lottery_trainer>,
    network: Network,
    dataset: PhantomData<Dataset<'d>>,
}

/// A trainer could not be made: the error, and the network returned.
pub struct Rejected {
    /// The error.
    pub error: Error,
    /// The network, given back.
    pub network: Network,
}

impl From<Rejected> for Error {
    fn from(rejected: Rejected) -> Error {
        rejected.error
    }
}

impl fmt::Debug for Rejected {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        self.error.fmt(formatter)
    }
}

impl fmt::Display for Rejected {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        self.error.fmt(formatter)
    }
}

impl std::error::Error for Rejected {}

/// Why a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// After all iterations.
    Finished,
    /// By [`Context::cancel`](crate::Context::cancel).
    Cancelled,
    /// By its callback.
    Stopped,
}

/// The result of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// Completed iterations of this run.
    pub done: u64,
    /// Why it ended.
    pub ended: Ended,
}

/// What a run's callback receives, between two iterations.
pub struct Progress<'a> {
    /// Completed iterations since the trainer's start.
    pub iteration: u64,
    /// Loss of the last batch.
    pub loss: f64,
    /// The trainer, to evaluate with, read from or take a snapshot of. Functions that change it or its network fail with
    /// [`Status::State`](crate::Status::State).
    pub trainer: &'a Trainer<'a>,
}

/// A batch of the host's. The loss needs labels or targets. Where both are given, mean squared error takes the targets.
#[derive(Clone, Copy, Debug, Default)]
pub struct Batch<'a> {
    /// Examples one after another, at most the batch size.
    pub inputs: &'a [f32],
    /// A label for each example.
    pub labels: Option<&'a [i32]>,
    /// The target outputs, for each example as many as the network has.
    pub targets: Option<&'a [f32]>,
}

/// A batch as C takes it.
struct RawBatch {
    count: i64,
    inputs: *const f32,
    labels: *const i32,
    targets: *const f32,
}

struct Callback<'a, F> {
    call: F,
    trainer: &'a Trainer<'a>,
}

/// # Safety
/// `user` is a `Callback<F>` that nobody else uses meanwhile.
unsafe extern "C" fn progress<F>(iteration: i64, loss: f64, user: *mut c_void) -> i32
where
    F: FnMut(&Progress) -> ControlFlow<()>,
{
    // SAFETY: the caller's promise.
    let callback = unsafe { &mut *user.cast::<Callback<F>>() };
    let progress = Progress { iteration: text::size(iteration) as u64, loss, trainer: callback.trainer };
    unwind::catch(1, || (callback.call)(&progress).is_break() as i32)
}

// SAFETY of all calls below: valid handles, and pointers to as many elements as is said.
impl<'d> Trainer<'d> {
    /// A trainer with the default options: Adam at 0.0012, batches of 60. `dataset`: what [`run`](Trainer::run) trains
    /// on; `None` when all batches come from the host. `seed`: decides the order of data.
    pub fn new(
        network: Network, dataset: Option<&Dataset<'d>>, seed: u64,
    ) -> std::result::Result<Trainer<'d>, Rejected> {
        let data = dataset.map_or(null_mut(), |dataset| dataset.handle.raw());
        let made = Handle::create(network.handle.context(), |out| unsafe {
            raw::lottery_trainer_create(network.handle.raw(), data, seed, out)
        });
        match made {
            Ok(handle) => Ok(Trainer { handle, network, dataset: PhantomData }),
            Err(error) => Err(Rejected { error, network }),
        }
    }

    /// The network.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// The network, without the trainer.
    pub fn into_network(self) -> Network {
        self.network
    }

    /// Sets an option of [`option::trainer`].
    pub fn set<V: Value>(&mut self, key: Key<raw::lottery_trainer, V>, value: V) -> Result<()>
    where
        raw::lottery_trainer: Store<V::Carrier>,
    {
        option::set(&self.handle, key, value)
    }

    /// The value of an option.
    pub fn get<V: Value>(&self, key: Key<raw::lottery_trainer, V>) -> Result<V>
    where
        raw::lottery_trainer: Store<V::Carrier>,
    {
        option::get(&self.handle, key)
    }

    /// Calls the library. A panic of the callback resumes here.
    fn run_raw(&self, iterations: u64, progress: raw::lottery_progress, user: *mut c_void) -> Result<Run> {
        let (iterations, mut done) = (text::count(iterations), 0);
        let status = unsafe { raw::lottery_trainer_run(self.handle.raw(), iterations, progress, user, &mut done) };
        unwind::resume();
        let ended = match self.handle.check(status)? {
            raw::LOTTERY_CANCELLED => Ended::Cancelled,
            raw::LOTTERY_STOPPED => Ended::Stopped,
            _ => Ended::Finished,
        };
        Ok(Run { done: text::size(done) as u64, ended })
    }

    /// Trains on the trainer's dataset. After an error, [`iteration`](Trainer::iteration) says how far it got.
    pub fn run(&mut self, iterations: u64) -> Result<Run> {
        self.run_raw(iterations, None, null_mut())
    }

    /// The same with a callback after every [`PROGRESS_INTERVAL`](option::trainer::PROGRESS_INTERVAL)-th iteration. It
    /// stops the run with `ControlFlow::Break(())`, or by a panic, which resumes when the iteration is done.
    pub fn run_with<F>(&mut self, iterations: u64, call: F) -> Result<Run>
    where
        F: FnMut(&Progress) -> ControlFlow<()>,
    {
        let mut callback = Callback { call, trainer: &*self };
        let user = &mut callback as *mut Callback<F> as *mut c_void;
        self.run_raw(iterations, Some(progress::<F>), user)
    }

    fn raw_batch(&self, batch: &Batch) -> Result<RawBatch> {
        let (features, outputs) = self.network.sizes()?;
        let count = examples(batch.inputs, features)?;
        if let Some(labels) = batch.labels {
            check_length("labels", labels.len(), count)?;
        }
        if let Some(targets) = batch.targets {
            check_length("targets", targets.len(), count * outputs)?;
        }
        Ok(RawBatch {
            count: text::count(count),
            inputs: batch.inputs.as_ptr(),
            labels: batch.labels.map_or(null(), <[i32]>::as_ptr),
            targets: batch.targets.map_or(null(), <[f32]>::as_ptr),
        })
    }

    /// One iteration on a batch of the host's; returns its loss before the step.
    pub fn step(&mut self, batch: &Batch) -> Result<f64> {
        let RawBatch { count, inputs, labels, targets } = self.raw_batch(batch)?;
        self.handle
            .number(|trainer, loss| unsafe { raw::lottery_trainer_step(trainer, count, inputs, labels, targets, loss) })
    }

    /// The gradient of a batch (`None`: the next of the trainer's dataset), without a step; returns the loss.
    pub fn gradient(&mut self, batch: Option<&Batch>) -> Result<f64> {
        let RawBatch { count, inputs, labels, targets } = match batch {
            Some(batch) => self.raw_batch(batch)?,
            None => RawBatch { count: 0, inputs: null(), labels: null(), targets: null() },
        };
        self.handle.number(|trainer, loss| unsafe {
            raw::lottery_trainer_gradient(trainer, count, inputs, labels, targets, loss)
        })
    }

    /// One step of the optimiser with the present gradient; it ends the iteration.
    pub fn apply(&mut self) -> Result<()> {
        self.handle.check(unsafe { raw::lottery_trainer_apply(self.handle.raw()) }).map(drop)
    }

    /// How many elements the packed gradient has: surviving weights and biases.
    pub fn gradient_count(&self) -> Result<usize> {
        let count = self.handle.number(|trainer, out| unsafe { raw::lottery_trainer_gradient_count(trainer, out) })?;
        Ok(text::size(count))
    }

    /// Reads the packed gradient, all of it.
    pub fn read_gradient(&self, values: &mut [f32]) -> Result<()> {
        let count = text::count(values.len());
        let status = unsafe { raw::lottery_trainer_read_gradient(self.handle.raw(), values.as_mut_ptr(), count) };
        self.handle.check(status).map(drop)
    }

    /// Replaces the packed gradient, all of it.
    pub fn write_gradient(&mut self, values: &[f32]) -> Result<()> {
        let count = text::count(values.len());
        let status = unsafe { raw::lottery_trainer_write_gradient(self.handle.raw(), values.as_ptr(), count) };
        self.handle.check(status).map(drop)
    }

    /// A tensor's gradient in its own shape, 0 at pruned weights.
    pub fn read_tensor_gradient(&self, tensor: usize) -> Result<Vec<f32>> {
        let mut values = vec![0.0; self.network.tensor_size(tensor)?];
        let (number, count) = (text::count(tensor), text::count(values.len()));
        self.handle.check(unsafe {
            raw::lottery_trainer_read_tensor_gradient(self.handle.raw(), number, values.as_mut_ptr(), count)
        })?;
        Ok(values)
    }

    /// Replaces a tensor's gradient, in its own shape; pruned weights are left out.
    pub fn write_tensor_gradient(&mut self, tensor: usize, values: &[f32]) -> Result<()> {
        let (tensor, count) = (text::count(tensor), text::count(values.len()));
        let trainer = self.handle.raw();
        let status = unsafe { raw::lottery_trainer_write_tensor_gradient(trainer, tensor, values.as_ptr(), count) };
        self.handle.check(status).map(drop)
    }

    /// The outputs of a batch, for a loss that the library lacks.
    pub fn forward(&mut self, inputs: &[f32], outputs: &mut [f32]) -> Result<()> {
        let (features, results) = self.network.sizes()?;
        let count = examples(inputs, features)?;
        check_length("outputs", outputs.len(), count * results)?;
        let (count, outputs) = (text::count(count), outputs.as_mut_ptr());
        let status = unsafe { raw::lottery_trainer_forward(self.handle.raw(), count, inputs.as_ptr(), outputs) };
        self.handle.check(status).map(drop)
    }

    /// The gradient of every tensor from the gradient of the last forward's outputs. Then call
    /// [`apply`](Trainer::apply).
    pub fn backward(&mut self, output_gradient: &[f32]) -> Result<()> {
        let count = examples(output_gradient, self.network.sizes()?.1)?;
        let (count, gradient) = (text::count(count), output_gradient.as_ptr());
        let status = unsafe { raw::lottery_trainer_backward(self.handle.raw(), count, gradient) };
        self.handle.check(status).map(drop)
    }

    /// The same, and the gradient to the inputs of the forward pass; `input_gradient`: as many as the inputs.
    pub fn backward_inputs(&mut self, output_gradient: &[f32], input_gradient: &mut [f32]) -> Result<()> {
        let (features, results) = self.network.sizes()?;
        let count = examples(output_gradient, results)?;
        check_length("input_gradient", input_gradient.len(), count * features)?;
        let (trainer, inputs) = (self.handle.raw(), input_gradient.as_mut_ptr());
        let (count, gradient) = (text::count(count), output_gradient.as_ptr());
        let status = unsafe { raw::lottery_trainer_backward_inputs(trainer, count, gradient, inputs) };
        self.handle.check(status).map(drop)
    }

    /// Mean loss and correct answers over a dataset, with the trainer's network and loss.
    pub fn evaluate(&self, dataset: &Dataset) -> Result<Evaluation> {
        let (mut loss, mut correct) = (0.0, 0);
        self.handle.check(unsafe {
            raw::lottery_trainer_evaluate(self.handle.raw(), dataset.handle.raw(), &mut loss, &mut correct)
        })?;
        Ok(Evaluation { loss, correct: text::size(correct) })
    }

    /// Completed iterations. After rewinding, they count on from the restored position.
    pub fn iteration(&self) -> Result<u64> {
        let iteration = self.handle.number(|trainer, out| unsafe { raw::lottery_trainer_iteration(trainer, out) })?;
        Ok(text::size(iteration) as u64)
    }

    /// How many batches an epoch of the trainer's dataset has.
    pub fn epoch_batches(&self) -> Result<u64> {
        let batches: i64 = self.handle.number(|trainer, out| unsafe { raw::lottery_trainer_epoch_batches(trainer, out) })?;
        Ok(text::size(batches) as u64)
    }

    /// The next batch of the trainer's dataset, or the one `ahead` batches later: the indices of its examples there.
    pub fn batch(&self, ahead: u64) -> Result<Vec<usize>> {
        let mut indices = vec![0; text::size(self.get(option::trainer::BATCH_SIZE)?)];
        let (ahead, capacity, mut count) = (text::count(ahead), text::count(indices.len()), 0);
        let trainer = self.handle.raw();
        self.handle
            .check(unsafe { raw::lottery_trainer_batch(trainer, ahead, capacity, indices.as_mut_ptr(), &mut count) })?;
        Ok(indices[..text::size(count)].iter().map(|&index| text::size(index)).collect())
    }

    /// The learning rate of the next iteration.
    pub fn rate(&self) -> Result<f64> {
        self.handle.number(|trainer, out| unsafe { raw::lottery_trainer_rate(trainer, out) })
    }

    /// The loss of the last batch that had one, before its step of the optimiser.
    pub fn last_loss(&self) -> Result<f64> {
        self.handle.number(|trainer, out| unsafe { raw::lottery_trainer_loss(trainer, out) })
    }

    /// Saves state.
    pub fn snapshot(&self, what: State) -> Result<Snapshot> {
        let trainer = self.handle.raw();
        Handle::create(self.handle.context(), |out| unsafe {
            raw::lottery_trainer_snapshot(trainer, what.to_raw(), out)
        })
        .map(Snapshot::new)
    }

    /// Restores the parts `what` of the snapshot, sets the mask (`None` keeps the network's), and zeroes what it prunes.
    pub fn rewind(&mut self, snapshot: Option<&Snapshot>, mask: Option<&Mask>, what: State) -> Result<()> {
        let snapshot = snapshot.map_or(null_mut(), |snapshot| snapshot.handle.raw());
        self.handle.check(unsafe {
            raw::lottery_trainer_rewind(self.handle.raw(), snapshot, Mask::raw_or_null(mask), what.to_raw())
        })?;
        if mask.is_some() {
            self.network.note_mask(mask);
        }
        Ok(())
    }

    /// The optimiser's own count of steps, by which Adam corrects its moments.
    pub fn optimiser_steps(&self) -> Result<u64> {
        let steps: i64 =
            self.handle.number(|trainer, out| unsafe { raw::lottery_trainer_get_optimiser_steps(trainer, out) })?;
        Ok(text::size(steps) as u64)
    }

    /// Sets that count.
    pub fn set_optimiser_steps(&mut self, steps: u64) -> Result<()> {
        let status = unsafe { raw::lottery_trainer_set_optimiser_steps(self.handle.raw(), text::count(steps)) };
        self.handle.check(status).map(drop)
    }

    /// The optimiser's state of a tensor, in the tensor's own shape: SGD's momentum or Adam's first moment
    /// ([`Slot::First`]), Adam's second moment ([`Slot::Second`]).
    pub fn read_optimiser(&self, tensor: usize, slot: Slot) -> Result<Vec<f32>> {
        let mut values = vec![0.0; self.network.tensor_size(tensor)?];
        let (trainer, tensor, count) = (self.handle.raw(), text::count(tensor), text::count(values.len()));
        self.handle.check(unsafe {
            raw::lottery_trainer_read_optimiser(trainer, tensor, slot.to_raw(), values.as_mut_ptr(), count)
        })?;
        Ok(values)
    }

    /// Replaces it; pruned weights are left out.
    pub fn write_optimiser(&mut self, tensor: usize, slot: Slot, values: &[f32]) -> Result<()> {
        let (trainer, tensor, count) = (self.handle.raw(), text::count(tensor), text::count(values.len()));
        let status =
            unsafe { raw::lottery_trainer_write_optimiser(trainer, tensor, slot.to_raw(), values.as_ptr(), count) };
        self.handle.check(status).map(drop)
    }

    /// Resets parts: optimiser state to zero, position to iteration 0.
    pub fn reset(&mut self, what: State) -> Result<()> {
        self.handle.check(unsafe { raw::lottery_trainer_reset(self.handle.raw(), what.to_raw()) }).map(drop)
    }
}
