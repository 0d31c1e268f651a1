package io.winnow.encoder;

import static java.util.Objects.requireNonNull;

import io.winnow.encoder.pictures.EncoderFailure.Reason;
import io.winnow.encoder.pictures.EncoderModel;
import io.winnow.encoder.pictures.PictureReading;
import io.winnow.encoder.pictures.PreparedPicture;
import io.winnow.encoder.pictures.RefusedException;
import io.winnow.runtime.EncoderRuntime;
import io.winnow.runtime.ModelRepository;
import io.winnow.runtime.RepositoryModel;
import io.winnow.runtime.RuntimeFullException;
import io.winnow.runtime.RuntimeStoppedException;
import io.winnow.runtime.embedded.EmbeddedRuntimes;
import io.winnow.runtime.embedded.EmbeddedSettings;
import io.winnow.runtime.picture.Picture;
import io.winnow.runtime.picture.PictureException;
import io.winnow.runtime.picture.PictureLimits;
import io.winnow.runtime.picture.PicturePreprocessor;
import io.winnow.runtime.picture.PictureReader;
import io.winnow.runtime.triton.TritonFleet;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.imageio.ImageIO;

/**
 * Opens the models of a repository and has each encode a picture, so that none is slow at first.
 */
final class RepositoryModels {

  private static final Logger log = System.getLogger(RepositoryModels.class.getName());

  private static final int MAX_MESSAGE_DATA = 256 << 10;

  private final ModelRepository repository;
  private final PictureReader reader;
  private final EmbeddedSettings settings;
  private final Optional<TritonFleet> tritons;

  /**
   * Models that are not open yet.
   *
   * @param settings of runtimes in this process
   * @param tritons where the towers run instead
   */
  RepositoryModels(
      ModelRepository repository,
      PictureLimits limits,
      EmbeddedSettings settings,
      Optional<TritonFleet> tritons) {
    this.repository = repository;
    this.reader = new PictureReader(limits);
    this.settings = settings;
    this.tritons = tritons;
  }

  /**
   * Opens all of them, or none.
   *
   * @throws io.winnow.runtime.ModelRepositoryException if one cannot be loaded
   */
  List<EncoderModel> open() {
    List<EncoderModel> opened = new ArrayList<>();
    try {
      for (String name : repository.models()) {
        opened.add(open(repository.model(name)));
      }
      if (opened.isEmpty()) {
        throw new IllegalStateException("the model repository is empty: export a model to it");
      }
      for (EncoderModel model : opened) {
        warmUp(model);
      }
      return opened;
    } catch (RuntimeException e) {
      opened.forEach(model -> model.runtime().close());
      throw e;
    }
  }

  private EncoderModel open(RepositoryModel model) {
    requireMessagesFit(model);
    PicturePreprocessor preprocessor = new PicturePreprocessor(model.manifest().getVision());
    EncoderRuntime runtime =
        tritons.isPresent()
            ? tritons.get().encoder(model)
            : EmbeddedRuntimes.encoder(model, settings);
    return new EncoderModel(model.name(), reading(preprocessor), runtime);
  }

  /** A saliency travels in one message, and so does a row of visual tokens. */
  private static void requireMessagesFit(RepositoryModel model) {
    long tokens =
        (long) model.manifest().getVision().getGridRows()
            * model.manifest().getVision().getGridColumns();
    long hidden = model.manifest().getDecoder().getHiddenSize();
    if (Math.max(tokens, hidden) * Float.BYTES > MAX_MESSAGE_DATA) {
      throw new IllegalStateException(
          "model \"%s\" has %d visual tokens of width %d; at most %d of each fit a message"
              .formatted(model.name(), tokens, hidden, MAX_MESSAGE_DATA / Float.BYTES));
    }
  }

  private PictureReading reading(PicturePreprocessor preprocessor) {
    return file -> {
      try {
        long begun = System.nanoTime();
        Picture picture = reader.read(file);
        Duration decode = Duration.ofNanos(System.nanoTime() - begun);
        return new PreparedPicture(
            picture.width(), picture.height(), preprocessor.preprocess(picture), decode);
      } catch (PictureException e) {
        throw new RefusedException(reason(e.kind()), requireNonNull(e.getMessage()));
      }
    };
  }

  private static Reason reason(PictureException.Kind kind) {
    return switch (kind) {
      case UNREADABLE -> Reason.PICTURE_UNREADABLE;
      case TOO_LARGE -> Reason.PICTURE_TOO_LARGE;
      case UNSUPPORTED -> Reason.PICTURE_UNSUPPORTED;
    };
  }

  /** Where the tower runs elsewhere, there may be nobody yet: no reason not to start. */
  private void warmUp(EncoderModel model) {
    if (tritons.isEmpty()) {
      warm(model);
    } else if (model.runtime().alive()) {
      try {
        warm(model);
      } catch (RuntimeStoppedException | RuntimeFullException e) {
        log.log(Level.WARNING, "not warm: {0}", e.getMessage());
      }
    }
  }

  private static void warm(EncoderModel model) {
    int width = model.runtime().manifest().getImageWidth();
    int height = model.runtime().manifest().getImageHeight();
    try {
      ByteArrayOutputStream file = new ByteArrayOutputStream();
      ImageIO.write(new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB), "png", file);
      model.runtime().encode(model.reading().prepare(file.toByteArray()).pixelValues());
    } catch (IOException e) {
      throw new UncheckedIOException("a blank picture cannot be drawn", e);
    } catch (RefusedException e) {
      throw new IllegalStateException("a blank picture is refused: " + e.getMessage(), e);
    }
  }
}
