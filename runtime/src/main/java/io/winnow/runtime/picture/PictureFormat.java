package io.winnow.runtime.picture;

import java.util.Arrays;
import java.util.Optional;

/** The formats that are read, recognised by how a file begins. */
enum PictureFormat {
  PNG {
    @Override
    boolean recognises(FileBytes file) {
      return file.has("\u0089PNG\r\n\u001a\n", 0);
    }

    @Override
    PictureLayout layout(FileBytes file, PictureLimits limits) {
      return PngLayout.read(file, limits);
    }
  },
  JPEG {
    @Override
    boolean recognises(FileBytes file) {
      return file.has("\u00ff\u00d8\u00ff", 0);
    }

    @Override
    PictureLayout layout(FileBytes file, PictureLimits limits) {
      return JpegLayout.read(file, limits);
    }
  },
  WEBP {
    @Override
    boolean recognises(FileBytes file) {
      return file.has("RIFF", 0) && file.has("WEBP", 8);
    }

    @Override
    PictureLayout layout(FileBytes file, PictureLimits limits) {
      return WebpLayout.read(file, limits);
    }
  },
  GIF {
    @Override
    boolean recognises(FileBytes file) {
      return file.has("GIF87a", 0) || file.has("GIF89a", 0);
    }

    @Override
    PictureLayout layout(FileBytes file, PictureLimits limits) {
      return GifLayout.read(file, limits);
    }
  },
  BMP {
    @Override
    boolean recognises(FileBytes file) {
      return file.has("BM", 0);
    }

    @Override
    PictureLayout layout(FileBytes file, PictureLimits limits) {
      return BmpLayout.read(file, limits);
    }
  };

  /** The format of a file, if it is one of these. */
  static Optional<PictureFormat> of(FileBytes file) {
    return Arrays.stream(values()).filter(format -> format.recognises(file)).findFirst();
  }

  abstract boolean recognises(FileBytes file);

  /**
   * Walks the file's structure without decoding pixels or allocating for them.
   *
   * @throws PictureException if the file is incomplete, above the limits or of a rare kind
   */
  abstract PictureLayout layout(FileBytes file, PictureLimits limits);
}
