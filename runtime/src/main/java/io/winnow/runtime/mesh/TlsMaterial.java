package io.winnow.runtime.mesh;

import io.grpc.util.CertificateUtils;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the files of TLS held at one time.
 *
 * @param chain the own certificate, then those that lead to an authority; empty: none
 * @param key belongs to the first of the chain; null where that is empty
 * @param trust authorities; empty where no file names them
 */
record TlsMaterial(
    List<X509Certificate> chain, @Nullable PrivateKey key, List<X509Certificate> trust) {

  private static final byte[] PROBE = "winnow".getBytes(StandardCharsets.US_ASCII);

  /**
   * Where the files are.
   *
   * @param what begins a file's name in messages, such as "winnow.mesh.tls."
   * @param certificate the own chain; null: none
   * @param key given exactly where the certificate is
   * @param trust authorities; null: none
   */
  record Source(
      String what, @Nullable Path certificate, @Nullable Path key, @Nullable Path trust) {}

  /**
   * Reads the files.
   *
   * @throws IllegalArgumentException if one is missing, broken or does not fit the others; the
   *     message names it
   */
  static TlsMaterial read(Source source) {
    List<X509Certificate> trust = certificates(source, "trust", source.trust());
    List<X509Certificate> chain = certificates(source, "certificate", source.certificate());
    if (source.key() == null) {
      return new TlsMaterial(chain, null, trust);
    }
    PrivateKey key = key(source, source.key());
    if (!fits(key, chain.get(0).getPublicKey())) {
      throw new IllegalArgumentException(
          "%1$skey %2$s does not belong to the first certificate of %1$scertificate %3$s"
              .formatted(source.what(), source.key(), source.certificate()));
    }
    return new TlsMaterial(chain, key, trust);
  }

  private static List<X509Certificate> certificates(
      Source source, String name, @Nullable Path file) {
    if (file == null) {
      return List.of();
    }
    try {
      X509Certificate[] found =
          CertificateUtils.getX509Certificates(new ByteArrayInputStream(bytes(source, name, file)));
      if (found.length > 0) {
        return List.of(found);
      }
      throw new IllegalArgumentException(
          "%s%s %s has no PEM certificate".formatted(source.what(), name, file));
    } catch (GeneralSecurityException e) {
      throw new IllegalArgumentException(
          "%s%s %s: %s".formatted(source.what(), name, file, e.getMessage()), e);
    }
  }

  private static PrivateKey key(Source source, Path file) {
    try {
      return CertificateUtils.getPrivateKey(new ByteArrayInputStream(bytes(source, "key", file)));
    } catch (IOException | GeneralSecurityException | RuntimeException e) {
      throw new IllegalArgumentException(
          "%skey %s is no PKCS #8 private key in PEM: %s"
              .formatted(source.what(), file, e.getMessage()),
          e);
    }
  }

  private static byte[] bytes(Source source, String name, Path file) {
    try {
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new IllegalArgumentException(
          "%s%s is %s, which cannot be read: %s"
              .formatted(source.what(), name, file, e.getMessage()),
          e);
    }
  }

  /** Files that are renewed one after the other do not fit for a moment. */
  private static boolean fits(PrivateKey key, PublicKey certified) {
    String algorithm =
        switch (key.getAlgorithm()) {
          case "EC" -> "SHA256withECDSA";
          case "RSA" -> "SHA256withRSA";
          default -> key.getAlgorithm();
        };
    try {
      Signature signature = Signature.getInstance(algorithm);
      signature.initSign(key);
      signature.update(PROBE);
      byte[] signed = signature.sign();
      signature.initVerify(certified);
      signature.update(PROBE);
      return signature.verify(signed);
    } catch (GeneralSecurityException e) {
      return false;
    }
  }

  X509Certificate[] chainArray() {
    return chain.toArray(X509Certificate[]::new);
  }

  X509Certificate[] trustArray() {
    return trust.toArray(X509Certificate[]::new);
  }

  /** For logs: no key. */
  @Override
  public String toString() {
    return "%s, %d authorities".formatted(own(), trust.size());
  }

  private String own() {
    if (chain.isEmpty()) {
      return "no certificate";
    }
    X509Certificate own = chain.get(0);
    List<String> identities = MeshIdentity.of(own);
    return "a certificate for %s, valid until %s"
        .formatted(
            identities.isEmpty() ? own.getSubjectX500Principal() : identities,
            own.getNotAfter().toInstant());
  }
}
