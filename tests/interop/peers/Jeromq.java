import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.List;
import java.util.zip.CRC32;
import org.zeromq.ZMQ;
import org.zeromq.ZMQException;

/** The program of the interoperability tests that has JeroMQ inside. peer/peer.go says what it obeys. */
public class Jeromq {
    static final int PATIENCE = 20000;
    static final List<String> TYPES = List.of(
        "pair", "pub", "sub", "req", "rep", "dealer", "router", "pull", "push", "xpub", "xsub");

    final ZMQ.Context context = ZMQ.context(1);
    ZMQ.Socket socket;
    String type;
    byte[] identity;

    String obey(String[] f) {
        switch (f[0]) {
        case "open":
            return open(f[1], f[2].equals("bind"), f[3]);
        case "sub":
            return subscribe(f[1]);
        case "send":
            return send(f);
        case "recv":
            return receive(Integer.parseInt(f[1]));
        case "close":
            socket.close();
            socket = null;
            return "ok";
        default:
            return "error no such command";
        }
    }

    String open(String kind, boolean bind, String endpoint) {
        type = kind;
        socket = context.socket(TYPES.indexOf(kind));
        socket.setLinger(0);
        socket.setSendTimeOut(PATIENCE);
        if (!bind) {
            socket.connect(endpoint);
        } else if (endpoint.endsWith(":*")) {
            String address = endpoint.substring(0, endpoint.length() - 2);
            endpoint = address + ":" + socket.bindToRandomPort(address);
        } else {
            socket.bind(endpoint);
        }
        return "at " + endpoint;
    }

    String subscribe(String hex) {
        int n = hex.equals("-") ? 0 : hex.length() / 2;
        byte[] message = new byte[n + 1];
        message[0] = 1;
        for (int i = 0; i < n; i++) {
            message[i + 1] = (byte) Integer.parseInt(hex.substring(2 * i, 2 * i + 2), 16);
        }
        if (type.equals("xsub")) {
            return socket.send(message) ? "ok" : "none";
        }
        byte[] topic = new byte[n];
        System.arraycopy(message, 1, topic, 0, n);
        socket.subscribe(topic);
        return "ok";
    }

    String send(String[] f) {
        int seed = Integer.parseInt(f[1]);
        if (type.equals("router") && !socket.sendMore(identity)) {
            return "none";
        }
        for (int k = 2; k < f.length; k++) {
            byte[] part = new byte[Integer.parseInt(f[k])];
            for (int i = 0; i < part.length; i++) {
                part[i] = (byte) ((seed + k - 2 + i) % 251);
            }
            if (!(k < f.length - 1 ? socket.sendMore(part) : socket.send(part))) {
                return "none";
            }
        }
        return "ok";
    }

    String receive(int ms) {
        socket.setReceiveTimeOut(ms);
        StringBuilder answer = new StringBuilder("got");
        boolean first = true;
        do {
            byte[] part = socket.recv();
            if (part == null) {
                return "none";
            }
            if (first && type.equals("router")) {
                identity = part;
            } else {
                CRC32 crc = new CRC32();
                crc.update(part);
                answer.append(String.format(" %d:%08x", part.length, crc.getValue()));
            }
            first = false;
        } while (socket.hasReceiveMore());
        return answer.toString();
    }

    public static void main(String[] args) throws Exception {
        Jeromq program = new Jeromq();
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        for (String line; (line = in.readLine()) != null;) {
            String answer;
            try {
                answer = program.obey(line.split(" "));
            } catch (ZMQException e) {
                answer = e.getErrorCode() == 35 ? "none" : "error " + e;
            } catch (RuntimeException e) {
                answer = "error " + e;
            }
            System.out.println(answer);
        }
        Runtime.getRuntime().halt(0);
    }
}
