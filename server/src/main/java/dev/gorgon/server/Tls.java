package dev.gorgon.server;

import java.nio.file.Path;
import java.util.List;

/** Where the server's certificate and its private key are. The files are read again when they change. */
public sealed interface Tls {

    /**
     * Two PEM files.
     *
     * @param certificate the server's certificate, then those of the authorities in between
     * @param key the private key, not encrypted
     */
    record Pem(Path certificate, Path key) implements Tls {

        @Override
        public List<Path> files() {
            return List.of(certificate, key);
        }
    }

    /**
     * A PKCS#12 file with one private key and its certificates.
     *
     * @param password of the file; never shown
     */
    record Pkcs12(Path store, String password) implements Tls {

        @Override
        public List<Path> files() {
            return List.of(store);
        }

        @Override
        public String toString() {
            return "Pkcs12[" + store + "]";
        }
    }

    /** The files to watch. */
    List<Path> files();
}
