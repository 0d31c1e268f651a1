package io.winnow.decoder.http;

import io.vertx.core.Context;
import io.winnow.decoder.access.Admission;
import io.winnow.decoder.access.ByteBudget;
import io.winnow.decoder.chat.ActiveAnswer;
import io.winnow.decoder.chat.AnswerDelta;
import io.winnow.decoder.chat.AnswerListener;
import io.winnow.decoder.chat.AnswerStarted;
import io.winnow.decoder.chat.AnswerSummary;
import io.winnow.decoder.chat.ChatFailure;
import io.winnow.decoder.chat.ChatFailureException;
import io.winnow.decoder.chat.ChatMessage;
import io.winnow.decoder.chat.ChatRequest;
import io.winnow.decoder.chat.ChatService;
import io.winnow.decoder.http.ChatCompletion.Delivery;
import io.winnow.decoder.telemetry.AnswerEvent;
import io.winnow.decoder.telemetry.AnswerTelemetry;
import io.winnow.decoder.telemetry.RequestOrigin;
import io.winnow.decoder.telemetry.RequestOrigin.Edge;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One chat completion on its way: body, parse, line, pictures, answer. Its state belongs to the
 * exchange's event loop, which every callback hops to. It holds its place and its bytes until the
 * service is done with it, which may be after the client went away.
 */
final class ChatCall implements Admission.Waiter, AnswerListener {

  private final ChatEndpoint endpoint;
  private final Exchange exchange;
  private final String caller;
  private final Context eventLoop;
  private final ByteBudget.Lease lease;
  private final String id = "chatcmpl-" + RequestId.hex();

  private @Nullable ChatCompletion completion;
  private Admission.@Nullable Ticket ticket;
  private @Nullable AnswerWriter writer;
  private @Nullable ActiveAnswer active;
  private boolean answering;
  private boolean gone;
  private long receivedNanos;
  private long queuedNanos; // in line for admission
  private AnswerTelemetry telemetry = AnswerTelemetry.NONE; // from parse to its terminal event
  private Lead lead = new Lead(Duration.ZERO, Duration.ZERO);

  ChatCall(ChatEndpoint endpoint, Exchange exchange, String caller) {
    this.endpoint = endpoint;
    this.exchange = exchange;
    this.caller = caller;
    this.eventLoop = exchange.vertx().getOrCreateContext();
    this.lease = endpoint.budget().lease();
  }

  void begin(RequestBody body) {
    exchange.onGone(this::clientGone);
    body.read(lease).onSuccess(this::parse).onFailure(this::unread);
  }

  private void unread(Throwable failure) {
    if (failure instanceof ApiErrorException) {
      refuse(failure);
    } else {
      release(); // the connection broke: there is nobody to tell
    }
  }

  private void parse(byte[] body) {
    receivedNanos = System.nanoTime();
    telemetry =
        endpoint
            .telemetry()
            .begin(new RequestOrigin(id, Edge.HTTP, exchange.trace(), receivedNanos));
    work(
        () -> {
          ChatCompletion parsed = endpoint.parse(id, body);
          hop(() -> parsed(parsed));
        });
  }

  private void parsed(ChatCompletion parsed) {
    if (gone) {
      return;
    }
    completion = parsed;
    if (parsed.delivery() == Delivery.COUNTS_ONLY) {
      telemetry = AnswerTelemetry.NONE; // there will be no answer
      work(() -> count(parsed.request()));
      return;
    }
    queuedNanos = System.nanoTime();
    telemetry.on(new AnswerEvent.Accepted(queuedNanos, parsed.request()));
    ticket = endpoint.admission().enter(caller, this);
  }

  private void count(ChatRequest request) {
    ChatService service = endpoint.service();
    ChatService.PromptCount count = service.count(request);
    String model = request.model().orElseGet(() -> service.models().get(0).name());
    hop(
        () -> {
          release();
          exchange.send(200, AnswerJson.counts(id, model, count));
        });
  }

  @Override
  public void admitted() {
    telemetry.on(new AnswerEvent.Admitted(System.nanoTime(), queuedNanos));
    hop(this::fetch);
  }

  @Override
  public void refused(ChatFailure failure) {
    hop(() -> refuse(new ChatFailureException(failure)));
  }

  private void fetch() {
    if (gone || completion == null) {
      release();
      return;
    }
    long begin = System.nanoTime();
    List<ChatMessage> messages = completion.request().messages();
    endpoint
        .pictures()
        .fetch(messages, lease)
        .onSuccess(
            found -> hop(() -> start(found, found == messages ? Duration.ZERO : since(begin))))
        .onFailure(failure -> hop(() -> refuse(failure)));
  }

  private void start(List<ChatMessage> messages, Duration fetch) {
    if (gone || completion == null) {
      release();
      return;
    }
    ChatRequest request = completion.request().withMessages(messages);
    if (messages != completion.request().messages()) {
      telemetry.on(fetched(messages, fetch));
    }
    writer = endpoint.writer(completion, exchange);
    completion = null; // the service decides how long the pictures stay in memory
    lead = new Lead(fetch, since(receivedNanos));
    answering = true;
    work(
        () -> {
          ActiveAnswer answer = endpoint.service().answer(request, this, telemetry);
          hop(() -> attach(answer));
        });
  }

  private void attach(ActiveAnswer answer) {
    if (!answering) {
      return;
    }
    active = answer;
    if (gone) {
      answer.cancel();
    } else if (writer != null) {
      writer.attach(answer);
    }
  }

  @Override
  public void onStarted(AnswerStarted started) {
    write(to -> to.started(started));
  }

  @Override
  public void onDelta(AnswerDelta delta) {
    write(to -> to.delta(delta));
  }

  @Override
  public void onFinished(AnswerSummary summary) {
    write(
        to -> {
          release();
          to.finished(lead.addTo(summary));
        });
  }

  @Override
  public void onFailed(ChatFailure failure) {
    hop(() -> refuse(new ChatFailureException(failure)));
  }

  private void clientGone() {
    gone = true;
    if (active != null) {
      active.cancel();
    } else if (!answering) {
      ended(ChatFailure.of(ChatFailure.Reason.CANCELLED, "the client went away"));
      release();
    }
  }

  /** Ends the call with an error: in the stream if it is open, else as the response. */
  private void refuse(Throwable failure) {
    if (active != null) {
      active.cancel(); // without effect unless the failure is ours
    }
    ApiError error = ChatEndpoint.error(failure, exchange.requestId());
    ended(ChatEndpoint.cause(failure));
    release();
    if (writer != null) {
      writer.failed(error);
    } else {
      exchange.fail(error);
    }
  }

  /** Without effect if the service told of an end already. */
  private void ended(ChatFailure failure) {
    telemetry.on(new AnswerEvent.Failed(System.nanoTime(), failure));
  }

  private static AnswerEvent fetched(List<ChatMessage> messages, Duration fetch) {
    long now = System.nanoTime();
    List<ChatMessage.PictureFile> files =
        messages.stream()
            .flatMap(message -> message.parts().stream())
            .filter(ChatMessage.PictureFile.class::isInstance)
            .map(ChatMessage.PictureFile.class::cast)
            .toList();
    long bytes = files.stream().mapToLong(file -> file.content().length).sum();
    return new AnswerEvent.PicturesFetched(now, now - fetch.toNanos(), files.size(), bytes);
  }

  private void release() {
    answering = false;
    completion = null;
    lease.close();
    if (ticket != null) {
      ticket.leave();
    }
  }

  private void write(Consumer<AnswerWriter> event) {
    hop(
        () -> {
          if (answering && writer != null) {
            event.accept(writer);
          }
        });
  }

  /** Runs {@code task} on the bounded pool; what it throws ends the call. */
  private void work(Runnable task) {
    try {
      endpoint
          .workers()
          .execute(
              () -> {
                try {
                  task.run();
                } catch (RuntimeException e) {
                  hop(() -> refuse(e));
                }
              });
    } catch (RejectedExecutionException e) {
      refuse(new ApiErrorException(ApiErrors.overloaded("Too many requests are being parsed.")));
    }
  }

  private void hop(Runnable task) {
    eventLoop.runOnContext(
        unused -> {
          try {
            task.run();
          } catch (RuntimeException e) {
            refuse(e);
          }
        });
  }

  private static Duration since(long nanos) {
    return Duration.ofNanos(System.nanoTime() - nanos);
  }
}
