package io.winnow.decoder.generation;

import io.winnow.decoder.chat.ChatFailure;
import io.winnow.decoder.chat.ChatFailure.Reason;
import io.winnow.decoder.chat.ChatMessage;
import io.winnow.decoder.chat.ChatRequest;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The answers under way: bounded in number and in the bytes of their pictures. Thread-safe. */
final class LiveAnswers {

  private final FlowLimits limits;
  private final Set<RunningAnswer> answers = new HashSet<>();
  private long pictureBytes;
  private boolean refusing;

  LiveAnswers(FlowLimits limits) {
    this.limits = limits;
  }

  /** The place of an answer, to be entered. */
  Place place(ChatRequest request) {
    long bytes =
        request.messages().stream()
            .flatMap(message -> message.parts().stream())
            .filter(ChatMessage.PictureFile.class::isInstance)
            .mapToLong(part -> ((ChatMessage.PictureFile) part).content().length)
            .sum();
    return new Place(bytes);
  }

  synchronized int count() {
    return answers.size();
  }

  synchronized List<RunningAnswer> answers() {
    return List.copyOf(answers);
  }

  synchronized boolean takesNew() {
    return !refusing;
  }

  synchronized void refuseNew() {
    refusing = true;
  }

  synchronized boolean awaitNone(Duration patience) throws InterruptedException {
    long end = System.nanoTime() + patience.toNanos();
    while (!answers.isEmpty()) {
      long left = end - System.nanoTime();
      if (left <= 0) {
        return false;
      }
      wait(left / 1_000_000, (int) (left % 1_000_000));
    }
    return true;
  }

  /** Where an answer is while it is under way. */
  final class Place {

    private final long bytes;
    private Optional<RunningAnswer> holder = Optional.empty();

    private Place(long bytes) {
      this.bytes = bytes;
    }

    /** Takes the answer in, or says why not. */
    Optional<ChatFailure> enter(RunningAnswer answer) {
      synchronized (LiveAnswers.this) {
        if (refusing) {
          return Optional.of(
              ChatFailure.of(Reason.UNAVAILABLE, "decoder-svc is stopping; ask again"));
        }
        if (answers.size() >= limits.maxAnswers()) {
          String message = "%d answers are under way, which is the limit; retry later";
          return Optional.of(
              ChatFailure.of(Reason.OVERLOADED, message.formatted(limits.maxAnswers())));
        }
        if (!answers.isEmpty() && pictureBytes + bytes > limits.maxPicturesBytes()) {
          String message = "the pictures of the answers under way fill %,d bytes; retry later";
          return Optional.of(
              ChatFailure.of(Reason.OVERLOADED, message.formatted(limits.maxPicturesBytes())));
        }
        answers.add(answer);
        pictureBytes += bytes;
        holder = Optional.of(answer);
        return Optional.empty();
      }
    }

    void leave() {
      synchronized (LiveAnswers.this) {
        if (holder.isPresent()) {
          answers.remove(holder.get());
          holder = Optional.empty();
          pictureBytes -= bytes;
          LiveAnswers.this.notifyAll();
        }
      }
    }
  }
}
