package io.winnow.cli.evaluate;

import io.winnow.cli.chat.Answer;
import io.winnow.cli.chat.Question;
import io.winnow.cli.chat.ReductionWish;
import io.winnow.cli.chat.RequestRefusedException;
import io.winnow.runtime.process.DaemonThreads;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.IntConsumer;

/** Asks many questions, several at a time. The first that fails ends the rest. */
public final class Questioner implements AutoCloseable {

  /** Somebody who answers. */
  public interface Chat {

    Answer ask(Question question) throws IOException;
  }

  private final Chat chat;
  private final Optional<String> model;
  private final ExecutorService callers;

  /**
   * @param chat asks the services; called by several threads
   * @param model model name; empty leaves it to the service
   * @param concurrency questions under way at once, at least 1
   */
  public Questioner(Chat chat, Optional<String> model, int concurrency) {
    this.chat = chat;
    this.model = model;
    this.callers = Executors.newFixedThreadPool(concurrency, DaemonThreads.named("questioner"));
  }

  /**
   * Asks all, and waits for their answers.
   *
   * @param onCount told after each answer how many there are, on the calling thread
   * @throws RequestRefusedException if the services do not take such requests
   * @throws IOException if one is not answered; the message names it
   */
  public List<Asked> ask(List<KnownQuestion> questions, ReductionWish wish, IntConsumer onCount)
      throws IOException {
    List<Future<Asked>> running = new ArrayList<>();
    for (KnownQuestion question : questions) {
      running.add(callers.submit(() -> ask(question, wish)));
    }
    List<Asked> asked = new ArrayList<>();
    try {
      for (Future<Asked> each : running) {
        asked.add(each.get());
        onCount.accept(asked.size());
      }
    } catch (ExecutionException e) {
      throw failure(questions.get(asked.size()), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while questions were under way");
    } finally {
      running.forEach(each -> each.cancel(true));
    }
    return asked;
  }

  private static IOException failure(KnownQuestion question, ExecutionException e) {
    if (e.getCause() instanceof RequestRefusedException refused) {
      return refused; // it is not about this question
    }
    Throwable cause = e.getCause() == null ? e : e.getCause();
    return new IOException(
        "\"%s\" about %s: %s"
            .formatted(question.text(), question.picture().getFileName(), cause.getMessage()),
        e);
  }

  /** Asks one, on the calling thread. */
  public Asked ask(KnownQuestion question, ReductionWish wish) throws IOException {
    byte[] picture = Files.readAllBytes(question.picture());
    Question asked = new Question(picture, question.text(), model, OptionalInt.empty(), wish);
    return new Asked(question, chat.ask(asked));
  }

  @Override
  public void close() {
    callers.shutdownNow();
  }
}
